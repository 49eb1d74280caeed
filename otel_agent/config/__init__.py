"""YAML, overlays, environment variables and arguments become one frozen `Config` with the origin of every value."""
