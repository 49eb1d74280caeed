"""Observability for Python agents, in OpenTelemetry's own terms, with one call."""
