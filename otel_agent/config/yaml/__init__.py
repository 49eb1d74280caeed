"""The one YAML reader: what is read has lines, and there is a bound to everything (`reader`); types of YAML 1.2 (`core_schema`)."""
