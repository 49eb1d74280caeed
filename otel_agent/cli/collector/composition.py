"""
One collector configuration out of the base, backends and options.

The parts are YAML files: in the repository `collector/config/`, in an installed package `otel_agent/collector/`. Each is a
configuration fragment of the OpenTelemetry Collector. Maps merge and lists are replaced, as the collector itself does with
several `--config`, so what is composed here and what the collector composes are the same; but `service.extensions` is joined,
so that two backends may each bring an extension.

A part's first comment line says what it is for; which signals it takes and which variables it reads stand in the part itself
and nowhere else.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

import yaml

import otel_agent
from otel_agent.errors import ConfigurationError

__all__ = [
    "CollectorVariable",
    "ConfigurationFragment",
    "Kind",
    "compose",
    "find",
    "missing_variables",
    "parts",
    "portable",
    "read_base",
    "render",
    "unserved_signals",
    "wrong_variables",
]

Kind = Literal["backend", "option"]
SIGNALS = ("traces", "metrics", "logs")

LEAST_QUEUE_BYTES = 1 << 20
"""A queue has to hold a whole batch."""

_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h))+")
_VARIABLE = re.compile(r"\$\{env:(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")


@dataclass(frozen=True, slots=True)
class CollectorVariable:
    """An environment variable the collector reads when it starts."""

    name: str
    """Its name."""
    default: str | None
    """What stands in when it is not set; `None` when it has to be set."""


@dataclass(frozen=True)
class ConfigurationFragment:
    """One fragment of a collector configuration."""

    name: str
    """File name without its ending: "jaeger"."""
    text: str
    """The YAML."""

    @cached_property
    def description(self) -> str:
        """The first comment line, without its full stop."""
        return self.text.splitlines()[0].lstrip("# ").rstrip(".")

    @cached_property
    def content(self) -> dict[str, Any]:
        """The fragment, parsed anew for each part."""
        parsed: dict[str, Any] = yaml.safe_load(self.text)
        return parsed

    @cached_property
    def signals(self) -> tuple[str, ...]:
        """Signals that its pipelines take, in the order traces, metrics, logs."""
        taken = {name.partition("/")[0] for name in self.content["service"].get("pipelines", ())}
        return tuple(signal for signal in SIGNALS if signal in taken)

    @cached_property
    def variables(self) -> tuple[CollectorVariable, ...]:
        """Environment variables it reads, in order of appearance, each once."""
        found = {
            match["name"]: CollectorVariable(match["name"], match["default"]) for match in _VARIABLE.finditer(self.text)
        }
        return tuple(found.values())


def read_base() -> ConfigurationFragment:
    """Read the part that every configuration begins with."""
    return ConfigurationFragment("base", _folder().joinpath("base.yaml").read_text(encoding="utf-8"))


def parts(kind: Kind) -> dict[str, ConfigurationFragment]:
    """
    Read all parts of a kind.

    Args:
        kind: "backend": where telemetry goes; "option": what happens to it before.

    Returns:
        By name, in alphabetical order.
    """
    files = {file.name.removesuffix(".yaml"): file for file in _folder().joinpath(f"{kind}s").iterdir()}
    return {name: ConfigurationFragment(name, files[name].read_text(encoding="utf-8")) for name in sorted(files)}


def find(kind: Kind, names: Iterable[str]) -> tuple[ConfigurationFragment, ...]:
    """
    Read the parts that somebody named.

    Args:
        kind: See `parts`.
        names: Names of parts; one that is repeated counts once.

    Returns:
        In the order given.

    Raises:
        ConfigurationError: A name is unknown; a line for each, with the nearest known one.
    """
    wanted = tuple(dict.fromkeys(names))
    known = parts(kind)
    problems = [_unknown(kind, name, known) for name in wanted if name not in known]
    if problems:
        raise ConfigurationError(problems)
    return tuple(known[name] for name in wanted)


def compose(chosen: Sequence[ConfigurationFragment]) -> dict[str, Any]:
    """
    Merge fragments, later ones over earlier ones: maps merge, anything else is replaced.

    Args:
        chosen: Fragments, the base first.

    Returns:
        A whole configuration of the collector.
    """
    merged: dict[str, Any] = {}
    extensions: dict[str, None] = {}
    for part in chosen:
        merged = _merge(merged, part.content)
        extensions |= dict.fromkeys(part.content["service"].get("extensions", ()))
    if extensions:
        merged["service"] = {**merged["service"], "extensions": list(extensions)}
    return merged


def unserved_signals(backends: Iterable[ConfigurationFragment]) -> tuple[str, ...]:
    """
    Name the signals that no backend takes, which the collector answers and throws away.

    Args:
        backends: The chosen ones.

    Returns:
        In the order traces, metrics, logs.
    """
    taken = {signal for backend in backends for signal in backend.signals}
    return tuple(signal for signal in SIGNALS if signal not in taken)


def portable(content: Mapping[str, Any]) -> dict[str, Any]:
    """
    Make a configuration for the contrib distribution, which lacks our processors `isolate` and `secrets`.

    The batch processor stands in for `isolate`: it keeps a backend's errors from the others, too, but hands data over on a thread
    of its own, so that a kill may lose what was answered in the last milliseconds. Upstream's redaction, twice, between two that
    bring it what it does not look at, stands in for `secrets`.

    Args:
        content: A whole configuration.

    Returns:
        The same without components of our own.
    """
    named: dict[str, list[str]] = {}
    processors: dict[str, Any] = {}
    for name, settings in content["processors"].items():
        if name == "secrets":
            others = _upstream_redaction(settings)
        elif name.startswith("isolate/"):
            others = {name.replace("isolate/", "batch/"): {"timeout": "0s"}}
        else:
            others = {name: settings}
        named[name] = list(others)
        processors |= others
    pipelines = {
        name: pipeline | {"processors": [each for one in pipeline.get("processors", []) for each in named[one]]}
        for name, pipeline in content["service"]["pipelines"].items()
    }
    return {**content, "processors": processors, "service": {**content["service"], "pipelines": pipelines}}


def _upstream_redaction(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Processors of the contrib distribution, in their order, that do what `secrets` does, at several times the price."""
    processors: dict[str, Any] = yaml.safe_load(_folder().joinpath("contrib.yaml").read_text(encoding="utf-8"))[
        "processors"
    ]
    for theirs, ours in (
        ("blocked_key_patterns", "secret_names"),
        ("ignored_keys", "known_names"),
        ("ignored_key_patterns", "harmless_names"),
        ("allowed_values", "harmless_values"),
    ):
        processors["redaction/names"][theirs] = settings[ours]
    processors["redaction/values"] |= {
        "allowed_values": settings["plain_values"],
        "blocked_values": settings["secret_values"],
    }
    return processors


def render(chosen: Sequence[ConfigurationFragment], command: str, *, contrib: bool = False) -> str:
    """
    Write the composed configuration with a head that says where it comes from and which variables it reads.

    Args:
        chosen: Fragments, the base first.
        command: What makes the same text again.
        contrib: For the contrib distribution, see `portable`.

    Returns:
        YAML.
    """
    variables = {variable.name: variable for part in chosen for variable in part.variables}
    lines = [f"# Made by `{command}`.", "# The collector reads these variables when it starts:"]
    lines += [
        f"#   {name} {'has to be set' if variable.default is None else f'or {variable.default!r}'}"
        for name, variable in variables.items()
    ]
    whole = portable(compose(chosen)) if contrib else compose(chosen)
    return "\n".join(lines) + "\n" + yaml.safe_dump(whole, sort_keys=False, width=120, allow_unicode=True)


def missing_variables(chosen: Iterable[ConfigurationFragment], environ: Mapping[str, str]) -> list[str]:
    """
    Name the variables that have to be set and are not.

    Args:
        chosen: Fragments of one configuration.
        environ: Environment variables of the collector.

    Returns:
        A line each; none when all is there.
    """
    return [
        f"{part.name}: set the environment variable {variable.name}, which has no default"
        for part in chosen
        for variable in part.variables
        if variable.default is None and not environ.get(variable.name)
    ]


def wrong_variables(chosen: Iterable[ConfigurationFragment], environ: Mapping[str, str]) -> list[str]:
    """
    Name the variables whose value the collector would refuse, or take and fail with later.

    What a value has to be is read from its default: a whole number, a port, a duration, true or
    false; anything else may be any text.

    Args:
        chosen: Fragments of one configuration.
        environ: Environment variables of the collector.

    Returns:
        A line each; none when all can be right.
    """
    variables = {variable.name: variable for part in chosen for variable in part.variables}
    expected = ((one, _expected(one, environ.get(one.name) or one.default)) for one in variables.values())
    return [
        f"{one.name}: expected {what}, such as {one.default}, found {environ[one.name]!r}"
        for one, what in expected
        if what
    ]


def _expected(variable: CollectorVariable, value: str | None) -> str:
    """What the value of a variable has to be and is not; an empty text when it is."""
    default = variable.default or ""
    if value is None or value == default:
        return ""
    wanted, is_right = "", True
    if default in {"true", "false"}:
        wanted, is_right = "true or false", value in {"true", "false"}
    elif _DURATION.fullmatch(default):
        wanted, is_right = "a duration", _DURATION.fullmatch(value) is not None
    elif default.isdecimal():
        number = int(value) if value.isdecimal() else -1
        if variable.name.endswith("_PORT"):
            wanted, is_right = "a port from 1 to 65535", 0 < number < 1 << 16
        elif variable.name == "OTELCOL_QUEUE_BYTES":
            wanted, is_right = f"a number of bytes from {LEAST_QUEUE_BYTES} on", number >= LEAST_QUEUE_BYTES
        else:
            wanted, is_right = "a whole number", number >= 0
    return "" if is_right else wanted


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _merge(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _folder() -> Traversable:
    """Where the parts are: in an installed package beside its modules, in a working copy at its top."""
    installed = resources.files(otel_agent).joinpath("collector")
    return installed if installed.is_dir() else Path(__file__).parents[3] / "collector" / "config"


def _unknown(kind: Kind, name: str, known: Mapping[str, ConfigurationFragment]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {kind} {name!r}; {hint}known are {', '.join(known)}"
