"""Databases: query spans, query durations and connection pools of SQLAlchemy engines."""
