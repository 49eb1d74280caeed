"""Every setting with its value and where it comes from, secrets masked; and what two configurations differ in."""

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, to_builtins

from otel_agent.config.loading import Loaded
from otel_agent.config.masking import masked, referenced_secrets
from otel_agent.config.model import Config
from otel_agent.config.nodes import node_at
from otel_agent.config.reflection import fields_of
from otel_agent.config.sections.section import ChoiceSettings, EntrySettings
from otel_agent.config.tree import leaves

__all__ = ["Explanation", "differences", "explained"]


class Explanation(Struct, frozen=True):
    """One setting, or a part of one that has parts."""

    path: str
    """`health.port`, or `alerts.rules[0].threshold.above`."""
    value: Any
    """As it may be shown: mappings, lists and scalars."""
    origin: str
    """Where it comes from."""
    parts: tuple["Explanation", ...] = ()
    """Keys of a mapping, and settings of the entries in a list or mapping; none for a scalar."""
    exact: Any = None
    """As it is, to compare; never shown."""

    @property
    def text(self) -> str:
        """The value on one line."""
        return json.dumps(self.value, ensure_ascii=False, default=str)

    @property
    def origins(self) -> dict[str, str]:
        """Where each part comes from, by its path below the setting: `x-token`, or `[0].threshold.above`."""
        return {part.path[len(self.path) :].removeprefix("."): part.origin for part in self.parts}


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
        shown = masked(leaf.kind, value, secrets)
        parts = tuple(_parts(loaded, path, value, shown))
        rows[path] = Explanation(path, shown, origins[path], parts, to_builtins(value))
    return rows


def differences(old: Loaded, new: Loaded) -> tuple[str, ...]:
    """
    What two configurations differ in, without telling secrets.

    Args:
        old: The configuration in force.
        new: The configuration as it was read again.

    Returns:
        A line for each setting: "metrics.interval_s: 60.0 → 10.0".
    """
    before, after = explained(old), explained(new)
    lines = []
    for row, other in ((row, after[path]) for path, row in before.items()):
        if row.exact != other.exact:
            told = f"{row.text} → {other.text}" if row.text != other.text else "another value"
            lines.append(f"{row.path}: {told}")
    return tuple(lines)


def _at(config: Config, path: str) -> Any:
    value: Any = config
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _parts(loaded: Loaded, path: str, value: Any, shown: Any) -> Iterator[Explanation]:
    """What a mapping or a list of entries consists of."""
    if isinstance(value, tuple):
        for entry, told in zip(value, shown, strict=True):
            if isinstance(entry, EntrySettings):
                yield from _settings(loaded, entry.path, entry, told)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, EntrySettings):
                yield from _settings(loaded, inner.path, inner, shown[name])
            else:
                origin = loaded.given.get(f"{path}.{name}", loaded.given.get(path, "default"))
                yield Explanation(f"{path}.{name}", shown[name], origin)


def _settings(loaded: Loaded, path: str, entry: EntrySettings, shown: Any) -> Iterator[Explanation]:
    """Each setting of an entry, those included that have their default."""
    if isinstance(entry, ChoiceSettings):
        name, chosen = entry.chosen
        if isinstance(chosen, EntrySettings) and fields_of(type(chosen)):
            yield from _settings(loaded, chosen.path, chosen, shown[name])
        else:
            yield Explanation(f"{path}.{name}", shown[name], _origin(loaded, f"{path}.{name}"))
        return
    for name in fields_of(type(entry)):
        yield Explanation(f"{path}.{name}", shown[name], _origin(loaded, f"{path}.{name}"))


def _origin(loaded: Loaded, path: str) -> str:
    node, is_whole = node_at(loaded.nodes, path)
    return node.origin if node is not None and is_whole else "default"
