"""A configuration given as a mapping, for tests of settings that depend on each other."""

from typing import Any

from otel_agent.config.loading import Loaded, load

__all__ = ["about", "with_config"]


def with_config(config: dict[str, Any], **arguments: Any) -> Loaded:
    """A configuration given as a mapping."""
    return load({"config": config, **arguments}, environ={}, directory="/nowhere", script="s.py")


def about(loaded: Loaded) -> list[str]:
    """The settings that warnings are about."""
    return [line.split(": ")[1] for line in loaded.warnings]
