"""Senders: OTLP over HTTP and gRPC, OTLP as JSON lines in a file, and composites of these."""
