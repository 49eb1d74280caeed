"""OTLP over HTTP: the sender, its two transports, and what a response means."""
