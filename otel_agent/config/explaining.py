"""Every setting with its value and where it comes from, secrets masked."""

import json
from typing import Any

from msgspec import Struct, to_builtins

from otel_agent.config.loading import Loaded
from otel_agent.config.masking import masked, referenced_secrets
from otel_agent.config.model import Config
from otel_agent.config.tree import leaves

__all__ = ["Explanation", "explained"]


class Explanation(Struct, frozen=True):
    """One setting."""

    path: str
    """`health.port`."""
    value: Any
    """As it may be shown: mappings, lists and scalars."""
    origin: str
    """Where it comes from."""
    origins: dict[str, str]
    """Of a mapping: where each key comes from."""
    exact: Any
    """As it is, to compare; never shown."""

    @property
    def text(self) -> str:
        """The value on one line."""
        return json.dumps(self.value, ensure_ascii=False, default=str)


def explained(loaded: Loaded) -> dict[str, Explanation]:
    """
    Explain a configuration.

    Args:
        loaded: As it was read.

    Returns:
        By path, in the order of the model.
    """
    secrets: set[str] = set().union(*map(referenced_secrets, loaded.nodes.values()))
    origins = loaded.origins
    rows = {}
    for path, leaf in leaves().items():
        value = _at(loaded.config, path)
        keys = {name: origins.get(f"{path}.{name}", origins[path]) for name in value} if isinstance(value, dict) else {}
        exact = to_builtins(value)
        rows[path] = Explanation(path, masked(leaf.kind, value, secrets), origins[path], keys, exact)
    return rows


def _at(config: Config, path: str) -> Any:
    value: Any = config
    for name in path.split("."):
        value = getattr(value, name)
    return value
