"""Telemetry for the person at the terminal: spans as trees, and a summary at the end."""
