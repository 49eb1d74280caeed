"""Receivers of notifications: the log, a function, a webhook, Alertmanager, and through apprise most chat services."""
