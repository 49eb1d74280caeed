"""The version of this package, from its metadata."""

from otel_agent.config.installed import version

__all__ = ["__version__"]

__version__ = version("otel-agent") or "unknown"
"""Such as "0.1.0"; "unknown" when the package was put on the path without being installed."""
