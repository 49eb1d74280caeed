"""
The reference pages of the configuration, as Markdown: `docs/reference/configuration.md` and `docs/reference/environment.md`.

`python -m otel_agent.config configuration` prints the one, `environment` the other; a test keeps them current.
"""

import json
from collections.abc import Iterator
from typing import Any

from msgspec import NODEFAULT, to_builtins

from otel_agent.config.reference.field_texts import described
from otel_agent.config.reflection import Leaf, fields_of, is_section, members
from otel_agent.config.sections.alert_rules import RuleChoiceSettings, RuleOverrideSettings, RuleSettings
from otel_agent.config.sections.logs import LogFileSettings
from otel_agent.config.sections.notifications import (
    InhibitionSettings,
    NotifierSettings,
    RouteSettings,
    WebhookSettings,
)
from otel_agent.config.sections.section import ChoiceSettings
from otel_agent.config.sources.tables import effects
from otel_agent.config.tree import leaves, sections
from otel_agent.config.wording import expected

__all__ = ["PAGES"]

_CONFIGURATION = """\
# Every setting

Look up here what a setting means, which values it takes, what it is when you do not give it, and its environment variable.

This page is made by `python -m otel_agent.config configuration` from the model itself; a test keeps it current.
How the file, its overlay, variables and arguments work together is told in [the how-to](../how-to/configuration.md).
One value alone stands for a list of one, and an empty value takes back what a weaker source says.
"""

_CONFIGURATION_END = """\
## How to verify it

`otel-agent config explain` shows each of these settings as your agent would have it, and where it comes from.

## When a setting seems to be ignored

`otel-agent config check` names every mistake, and every setting that cannot take effect, with the reason.
"""

_ENVIRONMENT = """\
# Environment variables

Look up here which variable stands for which setting.

This page is made by `python -m otel_agent.config environment` from the tables the loader reads; a test keeps it current.
A variable that is empty counts as not set.
A value that cannot be understood is said and not used; the next source decides then.

## Variables of this package

| variable | meaning |
|---|---|
| `OTEL_AGENT_CONFIG` | Path of the configuration file; without it `otel-agent.yaml` in the working directory, when it exists. |
| `OTEL_AGENT_ENVIRONMENT` | Name of the environment: chooses the overlay file, and is `service.environment`. |
| `OTEL_CONFIG_FILE` | OpenTelemetry's own declarative file; `distribution: {otel-agent: {...}}` in it is read as if it were the file. |

Every setting has a variable as well: `OTEL_AGENT_` and its path in upper case, joined by `__`.
A list is written with commas, a mapping as `name=value` with commas; either may be JSON instead, and what holds mappings must be.
`null` takes back what files say.
These variables win over those of the specification, because they are more specific.

| variable | setting |
|---|---|
"""

_SPECIFICATION = """\
## Variables of the OpenTelemetry specification

Where several variables stand for one setting, the first that is given and right counts.

| setting | variables | how it is read |
|---|---|---|
"""

_ENVIRONMENT_END = """\
`OTEL_EXPORTER_OTLP_TIMEOUT` and its forms for one signal have two readings: the specification means milliseconds, the Python SDK reads seconds.
From 100 on they are milliseconds here, below they are seconds, because nobody waits a tenth of a second for a collector; below 1000 a warning names both readings.

Variables that cannot take effect are said by name:
`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, because metrics are sent cumulative, and `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`, because a view chooses the aggregation.

## How to verify it

`otel-agent config explain --given` shows each setting that a variable decided, with the variable's name.

## When a variable has no effect

`otel-agent config check` names variables beginning with `OTEL_AGENT_` that do not exist, with the nearest one that does.
An argument of `init` wins over every variable.
"""


_ENTRIES: dict[str, dict[str, Any]] = {
    "alerts": {
        "A rule of `alerts.rules`": RuleChoiceSettings,
        "Every kind of rule": RuleSettings,
        **{f"Rule `{name}`": members(field.kind)[0] for name, field in fields_of(RuleChoiceSettings).items()},
        "A notifier of `alerts.notifiers`": NotifierSettings,
        "Notifier `webhook`": WebhookSettings,
        "A route of `alerts.routes`": RouteSettings,
        "An inhibition of `alerts.inhibit`": InhibitionSettings,
        "An override of `alerts.overrides`": RuleOverrideSettings,
    },
    "logs": {"A file of `logs.files`": LogFileSettings},
}
"""Classes of what stands in lists and mappings, by section and title."""


def _configuration() -> Iterator[str]:
    yield _CONFIGURATION
    for path, struct in sections().items():
        settings = {name: field for name, field in fields_of(struct).items() if not is_section(field.kind)}
        if not settings:
            continue
        yield f"## `{path}`\n" if path else "## At the top\n"
        if path:
            yield " ".join((struct.__doc__ or "").split()) + "\n"
        if path.startswith("export."):
            yield from _signal(path, settings, described(struct))
            continue
        yield from _table(path, settings, described(struct))
        yield from _entries(path)
    yield _CONFIGURATION_END


def _entries(path: str) -> Iterator[str]:
    """What the lists and mappings of a section hold."""
    for title, struct in _ENTRIES.get(path, {}).items():
        yield f"### {title}\n"
        yield " ".join((struct.__doc__ or "").split()) + "\n"
        shared = fields_of(RuleSettings) if struct is not RuleSettings else {}
        fields = {name: field for name, field in fields_of(struct).items() if shared.get(name) != field}
        if issubclass(struct, ChoiceSettings):
            yield from _choices(fields, described(struct))
        else:
            yield from _table("", fields, described(struct))


def _choices(fields: dict[str, Leaf], texts: dict[str, str]) -> Iterator[str]:
    yield "| key | meaning |"
    yield "|---|---|"
    yield from (f"| `{name}` | {_cell(texts[name])} |" for name in fields)
    yield ""


def _table(path: str, settings: dict[str, Leaf], texts: dict[str, str]) -> Iterator[str]:
    yield "| setting | meaning | takes | default |"
    yield "|---|---|---|---|"
    for name, field in settings.items():
        shown = "needed" if field.default is NODEFAULT else f"`{_default(field.default)}`"
        yield f"| `{path + '.' if path else ''}{name}` | {_cell(texts[name])} | {_cell(expected(field.kind))} | {shown} |"
    yield ""


def _signal(path: str, settings: dict[str, Leaf], texts: dict[str, str]) -> Iterator[str]:
    if path != "export.traces":
        yield f"The same keys as [`export.traces`](#exporttraces), for {path.partition('.')[2]}.\n"
        return
    yield from _table(path, settings, texts)


def _default(value: Any) -> str:
    return "none" if value is None else json.dumps(to_builtins(value))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _environment() -> Iterator[str]:
    yield _ENVIRONMENT.rstrip()
    for leaf in leaves().values():
        yield f"| `{leaf.variable}` | `{leaf.path}` |"
    yield ""
    yield _SPECIFICATION.rstrip()
    for path, names, reading in effects():
        yield f"| `{path}` | {', '.join(f'`{name}`' for name in names)} | {reading} |"
    yield ""
    yield _ENVIRONMENT_END


def configuration() -> str:
    """The page `docs/reference/configuration.md`."""
    return "\n".join(_configuration())


def environment() -> str:
    """The page `docs/reference/environment.md`."""
    return "\n".join(_environment())


PAGES = {"configuration": configuration, "environment": environment}
"""Each page by name."""
