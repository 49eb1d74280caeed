"""Every rule of an agent: files, shorthand, the default set, and what is said about single rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from otel_agent.alerts.metric_names import misspelt_series
from otel_agent.alerts.promql.parsing import Expression
from otel_agent.alerts.rules.files import RuleSet, read_file, read_text
from otel_agent.alerts.rules.model import Rule, RuleGroup
from otel_agent.alerts.shorthand.compiling import compile_rules
from otel_agent.alerts.shorthand.spans import CALLS, DURATION, EXCEPTIONS
from otel_agent.config.sections.alert_rules import RuleOverrideSettings
from otel_agent.config.sections.alerts import AlertsSettings
from otel_agent.series.naming import Naming

__all__ = ["load_rules", "read_defaults"]

_EVENTS = frozenset({CALLS, EXCEPTIONS, f"{DURATION}_count", f"{DURATION}_sum", f"{DURATION}_bucket"})


def read_defaults() -> RuleSet:
    """The rules that come with the package: memory, disk, CPU, event loop, errors, caches, telemetry, and a watchdog."""
    return read_text((files("otel_agent.alerts") / "defaults.yml").read_text(encoding="utf-8"), "defaults.yml")


def load_rules(settings: AlertsSettings, *, naming: Naming = Naming.OTLP, directory: Path | None = None) -> RuleSet:
    """
    Read everything; what is wrong is left out and said.

    Args:
        settings: The section `alerts` of the configuration: paths, or patterns with *, of Prometheus rule files; entries of
            shorthand; whether the rules that come with the package are added; and what differs for single rules.
        naming: Which translation of metric names shorthand is written in.
        directory: What relative paths begin at; the working directory by default.
    """
    found = RuleSet(())
    for pattern in settings.rule_files:
        paths = _paths(pattern, directory or Path())
        if not paths:
            found = found.joined(RuleSet((), (f"{pattern}: no such rule file",)))
        for path in paths:
            found = found.joined(read_file(path))
    found = found.joined(compile_rules(settings.rules, naming))
    if settings.defaults:
        found = found.joined(read_defaults())
    groups, problems = _overridden(found.groups, settings.overrides)
    problems += misspelt_series(groups, naming)
    return RuleSet(tuple(map(_woken, groups)), found.problems + tuple(problems))


def _paths(pattern: str, directory: Path) -> list[Path]:
    if not any(sign in pattern for sign in "*?["):
        return [directory / pattern]
    base, relative = (
        (Path(Path(pattern).anchor), str(Path(pattern).relative_to(Path(pattern).anchor)))
        if Path(pattern).is_absolute()
        else (directory, pattern)
    )
    return sorted(base.glob(relative))


def _overridden(
    groups: Sequence[RuleGroup], overrides: Mapping[str, RuleOverrideSettings]
) -> tuple[list[RuleGroup], list[str]]:
    names = {rule.name for group in groups for rule in group.rules}
    problems = [f"alerts.overrides.{name}: there is no rule of this name" for name in overrides if name not in names]

    def changed(rule: Rule) -> Rule:
        override = overrides.get(rule.name)
        if override is None:
            return rule
        return replace(rule, no_data=override.no_data or rule.no_data, on_error=override.on_error or rule.on_error)

    return [replace(group, rules=tuple(map(changed, group.rules))) for group in groups], problems


def _woken(group: RuleGroup) -> RuleGroup:
    """A group that reads what events move is evaluated when one happens, wherever its rules come from."""
    return (
        group
        if group.is_woken
        else replace(group, is_woken=any(_reads_events(rule.expression) for rule in group.rules))
    )


def _reads_events(expression: Expression) -> bool:
    return not _EVENTS.isdisjoint(expression.names)
