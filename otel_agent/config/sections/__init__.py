"""The sections of the configuration, one module each; `otel_agent.config.model` puts them together."""
