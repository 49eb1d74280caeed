"""
Variables `OTEL_AGENT_…`: one for every setting.

The name is the path in upper case with `__` between its parts: `OTEL_AGENT_HEALTH__PORT`. A variable that is empty counts as
not set, as everywhere in OpenTelemetry. A list is written with commas, a mapping as `name=value` with commas; either may be
JSON instead. `null` takes back what files say.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args, get_origin

from otel_agent.config.merging import Given
from otel_agent.config.nodes import ConfigNode, Place, wrapped
from otel_agent.config.problems import Problems
from otel_agent.config.reflection import Leaf, is_section, members, metas
from otel_agent.config.tree import leaves
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import json

    from otel_agent.config import wording
else:
    wording = late_module("otel_agent.config.wording")
    json = late_module("json")

__all__ = ["ATTACH", "BASELINE", "CONFIG", "ENVIRONMENT", "PREFIX", "STARTED_BY", "read_variables"]

PREFIX = "OTEL_AGENT_"
CONFIG = "OTEL_AGENT_CONFIG"
"""Names the configuration file."""
ENVIRONMENT = "OTEL_AGENT_ENVIRONMENT"
"""Names the environment, and with it the overlay file."""

ATTACH = "OTEL_AGENT_ATTACH"
"""Lets another distribution load this package as well; see `otel_agent.distro`."""

STARTED_BY = "OTEL_AGENT_RUN_PID"
"""Set by `otel-agent run`: the process that became the program."""

BASELINE = "OTEL_AGENT_BASELINE_NOTES"
"""Set by `otel-agent baseline`: the folder in which a process leaves what it has counted."""

_NO_SETTINGS = {CONFIG, ENVIRONMENT, ATTACH, STARTED_BY, BASELINE}
_WORDS = {"true", "false", "yes", "no", "on", "off", "1", "0", "null"}


def read_variables(environ: Mapping[str, str], problems: Problems, directory: str) -> list[Given]:
    """
    Take every variable that begins with `OTEL_AGENT_`.

    Args:
        environ: The environment.
        problems: Where problems are noted: unknown names, lists that are no JSON.
        directory: The working directory.
    """
    names = [name for name in environ if name.startswith(PREFIX) and name not in _NO_SETTINGS and environ[name].strip()]
    if not names:
        return []
    known = {leaf.variable: leaf for leaf in leaves().values()}
    given: list[Given] = []
    for name in sorted(names):
        place = Place(f"environment {name}", directory)
        if name in known:
            node = _node(environ[name].strip(), known[name], place, problems)
            if node is not None:
                given.append((known[name].path, node))
        else:
            near = wording.nearest(name, [*known, *_NO_SETTINGS - {STARTED_BY, BASELINE}])
            hint = f"did you mean {near}?" if near else "`otel-agent config explain` lists the settings"
            problems.add(place.name, "", f"unknown variable, {hint}")
    return given


def _node(text: str, leaf: Leaf, place: Place, problems: Problems) -> ConfigNode | None:
    if text == "null":
        return ConfigNode(None, place)
    shapes = {get_origin(metas(option)[0]) for option in members(leaf.kind)}
    if shapes.isdisjoint({tuple, dict}) or (text.lower() in _WORDS and bool in members(leaf.kind)):
        return ConfigNode(text, place, text=text)
    if text[0] in "[{":
        return _json(text, leaf.path, place, problems)
    if any(_holds_mappings(option) for option in members(leaf.kind)):
        problems.add(place.name, leaf.path, "expected JSON")
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if dict in shapes:
        return _pairs(parts, leaf.path, place, problems)
    return ConfigNode([ConfigNode(part, place, text=part) for part in parts], place)


def _json(text: str, path: str, place: Place, problems: Problems) -> ConfigNode | None:
    try:
        return wrapped(json.loads(text), place)
    except (ValueError, RecursionError) as error:
        # The text is not repeated: it may hold a secret.
        reason = f"{error.msg} at character {error.pos}" if isinstance(error, json.JSONDecodeError) else "too deep"
        problems.add(place.name, path, f"invalid JSON: {reason}")
        return None


def _pairs(parts: list[str], path: str, place: Place, problems: Problems) -> ConfigNode:
    values = {}
    for position, part in enumerate(parts, 1):
        name, equals, value = part.partition("=")
        if equals and name.strip():
            values[name.strip()] = ConfigNode(value.strip(), place, text=value.strip())
        else:
            problems.add(place.name, path, f"entry {position} is no name=value")
    return ConfigNode(values, place)


def _holds_mappings(kind: Any) -> bool:
    base = metas(kind)[0]
    if get_origin(base) not in (tuple, dict):
        return False
    inner = metas(get_args(base)[1 if get_origin(base) is dict else 0])[0]
    return is_section(inner) or get_origin(inner) is dict
