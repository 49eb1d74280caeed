"""One record, one JSON line: outputs, rotation, trace ids, and the bridge from Python's logging to OTLP."""
