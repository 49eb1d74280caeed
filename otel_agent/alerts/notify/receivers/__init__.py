"""Whoever can be told of an alert: the log, a function, a webhook, Alertmanager, and through apprise most chat services."""
