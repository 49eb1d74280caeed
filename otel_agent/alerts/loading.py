"""Every rule of an agent: files, shorthand, the default set, and what is said about single rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from otel_agent.alerts.promql.parsing import Expression
from otel_agent.alerts.rules.files import RuleSet, read_file, read_text
from otel_agent.alerts.rules.model import Rule, RuleGroup
from otel_agent.alerts.shorthand.compiling import compile_rules
from otel_agent.alerts.shorthand.spans import CALLS, DURATION, EXCEPTIONS
from otel_agent.series.naming import Naming

__all__ = ["load_rules", "read_defaults"]

_EVENTS = frozenset({CALLS, EXCEPTIONS, f"{DURATION}_count", f"{DURATION}_sum", f"{DURATION}_bucket"})
_OVERRIDES = {"no_data": ("ok", "alert", "keep"), "on_error": ("keep", "alert", "ok")}


def read_defaults() -> RuleSet:
    """The rules that come with the package: memory, disk, CPU, event loop, errors, caches, telemetry, and a watchdog."""
    return read_text((files("otel_agent.alerts") / "defaults.yml").read_text(encoding="utf-8"), "defaults.yml")


def load_rules(
    rule_files: Sequence[str | Path] = (),
    rules: Sequence[Any] = (),
    *,
    with_defaults: bool = False,
    overrides: Mapping[str, Mapping[str, str]] | None = None,
    naming: Naming = Naming.OTLP,
    directory: Path | None = None,
) -> RuleSet:
    """
    Read everything; what is wrong is left out and said.

    Args:
        rule_files: Paths, or patterns with *, of Prometheus rule files.
        rules: Entries of shorthand; see `shorthand`.
        with_defaults: Whether to add the rules that come with the package.
        overrides: By rule: `no_data` and `on_error`, which a rule file has no words for.
        naming: Which translation shorthand is written in.
        directory: What relative paths begin at; the working directory by default.
    """
    found = RuleSet(())
    for pattern in rule_files:
        paths = _paths(str(pattern), directory or Path())
        if not paths:
            found = found.joined(RuleSet((), (f"{pattern}: no such rule file",)))
        for path in paths:
            found = found.joined(read_file(path))
    found = found.joined(compile_rules(rules, naming=naming))
    if with_defaults:
        found = found.joined(read_defaults())
    groups, problems = _overridden(found.groups, overrides or {})
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
    groups: Sequence[RuleGroup], overrides: Mapping[str, Mapping[str, str]]
) -> tuple[list[RuleGroup], list[str]]:
    problems: list[str] = []
    names = {rule.name for group in groups for rule in group.rules}
    usable: dict[str, dict[str, Any]] = {}
    for name, settings in overrides.items():
        path = f"alerts.overrides.{name}"
        if name not in names:
            problems.append(f"{path}: there is no rule of this name")
        for key, value in settings.items():
            if value in _OVERRIDES.get(key, ()):
                usable.setdefault(name, {})[key] = value
            else:
                known = "; ".join(f"{key}: {' | '.join(values)}" for key, values in _OVERRIDES.items())
                problems.append(f"{path}.{key}: {value!r} is not known here; known are {known}")

    def changed(rule: Rule) -> Rule:
        return replace(rule, **usable[rule.name]) if rule.name in usable else rule

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
