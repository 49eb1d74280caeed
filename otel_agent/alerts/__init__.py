"""Alerts: Prometheus rules evaluated over `series`, and those concerned told. Deciding is pure: time is an argument."""
