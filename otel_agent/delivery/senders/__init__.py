"""Ways to receivers: OTLP over HTTP and gRPC, OTLP as JSON lines in a file."""
