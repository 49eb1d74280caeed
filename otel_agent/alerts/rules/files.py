"""
Rule files: everything right in them is used, everything wrong in them is said, with file, line and reason.

Source: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from otel_agent.alerts.promql.parsing import Expression, parse
from otel_agent.alerts.rules.documents import read_rule_document
from otel_agent.alerts.rules.model import DEFAULT_INTERVAL_S, Rule, RuleGroup
from otel_agent.alerts.rules.templates import Template, compile_template
from otel_agent.config.durations import duration_s
from otel_agent.config.nodes import ConfigNode
from otel_agent.errors import RuleError

__all__ = ["RuleSet", "read_file", "read_groups", "read_text"]

_GROUP_KEYS = ("name", "interval", "query_offset", "limit", "labels", "rules")
_RULE_KEYS = ("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)


@dataclass(frozen=True)
class RuleSet:
    """What was read: the rules that are right, and what is wrong with the others."""

    groups: tuple[RuleGroup, ...]
    """Groups with at least one right rule."""
    problems: tuple[str, ...] = ()
    """One line each: file, line, what, and what to do."""

    def joined(self, other: "RuleSet") -> "RuleSet":
        """Both together."""
        return RuleSet(self.groups + other.groups, self.problems + other.problems)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, in order."""
        return tuple(rule for group in self.groups for rule in group.rules)


def read_file(path: Path | str) -> RuleSet:
    """
    Read a rule file.

    Args:
        path: Where it lies.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return RuleSet((), (f"{path}: cannot be read: {error}",))
    return read_text(text, str(path))


def read_text(text: str, source: str = "rules") -> RuleSet:
    """
    Read the text of a rule file.

    Args:
        text: YAML.
        source: Its name in messages.
    """
    try:
        return read_groups(read_rule_document(text, source), source)
    except RuleError as error:
        return RuleSet((), error.problems)


def read_groups(document: ConfigNode, source: str) -> RuleSet:
    """
    Read groups out of a document that was read before.

    Args:
        document: A mapping with the key `groups`.
        source: Its name in messages.
    """
    reader = _RuleFileReader(source)
    groups = reader.groups(document)
    return RuleSet(tuple(groups), tuple(reader.problems))


class _RuleFileReader:
    """Reads one file and collects what is wrong with it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[str] = []
        self._where = ""

    def say(self, line: int, problem: str) -> None:
        self.problems.append(f"{self._at(line)}: {self._where}{problem}")

    def _at(self, line: int) -> str:
        return f"{self.source}:{line}" if line else self.source

    def groups(self, document: ConfigNode) -> list[RuleGroup]:
        self._known_keys(document, ("groups",))
        listed = document.value.get("groups") if isinstance(document.value, dict) else None
        if document.value is None:
            return []
        if listed is None or not isinstance(listed.value, list):
            self.say(document.line, "a rule file is a mapping with a list under `groups`")
            return []
        groups: list[RuleGroup] = []
        names: dict[str, int] = {}
        for found in listed.value:
            group = self._group(found)
            if group is None:
                continue
            self._where = ""
            if group.name in names:
                self.say(
                    found.line, f"group {group.name!r} exists already, in line {names[group.name]}; name it otherwise"
                )
                continue
            names[group.name] = found.line
            if group.rules:
                groups.append(group)
        return groups

    def _group(self, found: ConfigNode) -> RuleGroup | None:
        self._where = ""
        if not isinstance(found.value, dict):
            self.say(found.line, "a group is a mapping with `name` and `rules`")
            return None
        self._known_keys(found, _GROUP_KEYS)
        name = self._text(found, "name")
        if not name:
            self.say(found.line, "a group needs a `name`")
            return None
        shared = self._templates(found, "labels")
        listed = found.value.get("rules")
        entries = listed.value if listed is not None and isinstance(listed.value, list) else []
        if listed is not None and listed.value is not None and not isinstance(listed.value, list):
            self.say(listed.line, f"group {name!r}: `rules` is a list")
        rules = []
        for entry in entries:
            self._where = f"group {name!r}, "
            rule = self._rule(entry, shared)
            if rule is not None:
                rules.append(rule)
        self._where = f"group {name!r}: "
        interval_s = self._duration(found, "interval", DEFAULT_INTERVAL_S) or DEFAULT_INTERVAL_S
        return RuleGroup(
            name=name,
            rules=tuple(rules),
            interval_s=interval_s,
            limit=self._count(found, "limit"),
            query_offset_s=self._duration(found, "query_offset", 0.0),
            source=self._at(found.line),
        )

    def _rule(self, entry: ConfigNode, shared: dict[str, Template]) -> Rule | None:
        before = len(self.problems)
        if not isinstance(entry.value, dict):
            self.say(entry.line, "a rule is a mapping with `alert` or `record`, and `expr`")
            return None
        record, alert = self._text(entry, "record"), self._text(entry, "alert")
        self._where += f"rule {alert or record or '(without a name)'!r}: "
        self._known_keys(entry, _RULE_KEYS)
        if bool(record) == bool(alert):
            self.say(entry.line, "a rule has either `alert` or `record`, and needs one of them")
        if record:
            self._refuse_for_recording(entry, record)
        expression = self._expression(entry)
        labels, annotations = self._templates(entry, "labels"), self._templates(entry, "annotations")
        hold_s, keep_s = self._duration(entry, "for", 0.0), self._duration(entry, "keep_firing_for", 0.0)
        if expression is None or len(self.problems) > before:
            return None
        return Rule(
            name=alert or record,
            expression=expression,
            is_recording=bool(record),
            hold_s=hold_s,
            keep_firing_for_s=keep_s,
            labels={**shared, **labels},
            annotations=annotations,
            source=self._at(entry.line),
        )

    def _refuse_for_recording(self, entry: ConfigNode, record: str) -> None:
        for key in ("for", "keep_firing_for", "annotations"):
            if key in entry.value:
                self.say(entry.key_lines.get(key, entry.line), f"`{key}` belongs to alerts, not to a recording rule")
        if not _METRIC.fullmatch(record):
            self.say(entry.key_lines.get("record", entry.line), f"{record!r} is no name for a series")

    def _expression(self, entry: ConfigNode) -> Expression | None:
        found = entry.value.get("expr")
        if found is None or found.value is None or not str(found.value).strip():
            self.say(entry.line, "a rule needs an `expr`")
            return None
        try:
            return parse(str(found.value))
        except RuleError as error:
            for problem in error.problems:
                self.say(found.line, f"`expr`: {problem}")
        return None

    def _templates(self, owner: ConfigNode, key: str) -> dict[str, Template]:
        found = owner.value.get(key)
        if found is None or found.value is None:
            return {}
        if not isinstance(found.value, dict):
            self.say(found.line, f"`{key}` is a mapping of names and strings")
            return {}
        templates = {}
        for name, text in found.items():
            if not _LABEL.fullmatch(name) or name == "__name__":
                self.say(
                    found.key_lines.get(name, found.line), f"`{key}`: {name!r} is no name; use letters, digits and _"
                )
            try:
                templates[name] = compile_template(_plain_text(text.value))
            except (RuleError, ValueError) as error:
                self.say(text.line, f"`{key}.{name}`: {error}")
        return templates

    def _known_keys(self, found: ConfigNode, known: Sequence[str]) -> None:
        for key in found.key_lines:
            if key not in known:
                near = get_close_matches(key, known, 1)
                hint = f", did you mean `{near[0]}`?" if near else f"; known are {', '.join(known)}"
                self.say(found.key_lines[key], f"`{key}`: unknown key{hint}")

    def _text(self, owner: ConfigNode, key: str) -> str:
        found = owner.value.get(key)
        return "" if found is None or found.value is None else str(found.value)

    def _read(self, owner: ConfigNode, key: str, default: Any, read: Callable[[Any], Any]) -> Any:
        found = owner.value.get(key)
        if found is None or found.value is None:
            return default
        try:
            return read(found.value)
        except (TypeError, ValueError) as error:
            self.say(found.line, f"`{key}`: {error}")
            return default

    def _duration(self, owner: ConfigNode, key: str, default: float) -> float:
        return float(self._read(owner, key, default, duration_s))

    def _count(self, owner: ConfigNode, key: str) -> int:
        return int(self._read(owner, key, 0, _whole))


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no whole number of at least 0")
    return value


def _plain_text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise ValueError("a string is expected")  # noqa: TRY004 - one kind of mistake, one kind of exception
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
