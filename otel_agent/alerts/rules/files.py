"""
Rule files: everything right in them is used, everything wrong in them is said, with file, line and reason.

Source: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from otel_agent.alerts.promql.parsing import Expression, parse
from otel_agent.alerts.rules.documents import read_rule_document, text_at, whole_at
from otel_agent.alerts.rules.model import DEFAULT_INTERVAL_S, Rule, RuleGroup
from otel_agent.alerts.rules.templates import Template, broken_template, compile_template
from otel_agent.config.durations import duration_s
from otel_agent.config.nodes import ConfigNode
from otel_agent.errors import RuleError

__all__ = ["RuleSet", "read_file", "read_groups", "read_text"]

_GROUP_KEYS = ("name", "interval", "query_offset", "limit", "labels", "rules")
_RULE_KEYS = ("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations")
_DURATION_LIMIT_S = 9_223_372_036.0
"""What 64 bits of nanoseconds hold, in seconds."""


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
        if document.value is None:
            return []
        if not isinstance(document.value, dict):
            self.say(document.line, "a rule file is a mapping with a list under `groups`")
            return []
        listed = document.value.get("groups")
        if listed is None or listed.value is None:
            return []
        if not isinstance(listed.value, list):
            self.say(listed.line, "a rule file is a mapping with a list under `groups`")
            return []
        groups: list[RuleGroup] = []
        names: dict[str, int] = {}
        for found in listed.value:
            group = None if found.value is None else self._group(found)
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
            rule = None if entry.value is None else self._rule(entry, shared)
            if rule is not None:
                rules.append(rule)
        self._where = f"group {name!r}: "
        interval_s = self._duration(found, "interval", 0.0)
        return RuleGroup(
            name=name,
            rules=tuple(rules),
            interval_s=interval_s or DEFAULT_INTERVAL_S,
            limit=max(0, self._read(found, "limit", 0, whole_at)),
            query_offset_s=self._duration(found, "query_offset", 0.0),
            source=self._at(found.line),
            labels=shared,
            has_interval=bool(interval_s),
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
        expression = self._expression(entry)
        hold_s, keep_s = self._duration(entry, "for", 0.0), self._duration(entry, "keep_firing_for", 0.0)
        labels = self._templates(entry, "labels", is_filled=bool(alert))
        is_right = expression is not None and len(self.problems) == before
        # A text that cannot be read is said, and costs the text alone.
        annotations = self._templates(entry, "annotations", is_filled=bool(alert))
        if record:
            is_right &= self._is_right_recording(entry, record, hold_s or keep_s or annotations)
        if expression is None or not is_right:
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

    def _is_right_recording(self, entry: ConfigNode, record: str, has_more: object) -> bool:
        before = len(self.problems)
        for key in ("for", "keep_firing_for", "annotations") if has_more else ():
            found = entry.value.get(key)
            if found is not None and found.value not in (None, "0", "0s", {}):
                self.say(entry.key_lines.get(key, entry.line), f"`{key}` belongs to alerts, not to a recording rule")
        if not _is_text(record) or set("{}") & set(record):
            self.say(entry.key_lines.get("record", entry.line), f"{record!r} is no name for a series")
        return len(self.problems) == before

    def _expression(self, entry: ConfigNode) -> Expression | None:
        text = self._text(entry, "expr")
        if not text.strip():
            self.say(entry.line, "a rule needs an `expr`")
            return None
        try:
            return parse(text)
        except RuleError as error:
            for problem in error.problems:
                self.say(entry.value["expr"].line, f"`expr`: {problem}")
        return None

    def _templates(self, owner: ConfigNode, key: str, *, is_filled: bool = True) -> dict[str, Template]:
        """Texts by name; where they are not filled, as in a recording rule, {{ means nothing."""
        found = owner.value.get(key)
        if found is None or found.value is None:
            return {}
        if not isinstance(found.value, dict):
            self.say(found.line, f"`{key}` is a mapping of names and strings")
            return {}
        templates = {}
        for name, node in found.items():
            if not name or not _is_text(name) or (key == "labels" and name == "__name__"):
                self.say(found.key_lines.get(name, found.line), f"`{key}`: {name!r} is no name")
            text = ""
            try:
                text = text_at(found, name)
                templates[name] = compile_template(text) if is_filled else Template(text, {})
            except (RuleError, ValueError) as error:
                self.say(node.line, f"`{key}.{name}`: {error}")
                templates[name] = broken_template(text, str(error))
            if key == "labels" and not _is_text(text):
                self.say(node.line, f"`{key}.{name}`: holds half of a character")
        return templates

    def _known_keys(self, found: ConfigNode, known: Sequence[str]) -> None:
        for key in found.key_lines:
            if key not in known:
                near = get_close_matches(key, known, 1)
                hint = f", did you mean `{near[0]}`?" if near else f"; known are {', '.join(known)}"
                self.say(found.key_lines[key], f"`{key}`: unknown key{hint}")

    def _text(self, owner: ConfigNode, key: str) -> str:
        return str(self._read(owner, key, "", text_at))

    def _read(self, owner: ConfigNode, key: str, default: Any, read: Callable[[ConfigNode, str], Any]) -> Any:
        try:
            return read(owner, key)
        except (TypeError, ValueError) as error:
            self.say(owner.value[key].line, f"`{key}`: {error}")
            return default

    def _duration(self, owner: ConfigNode, key: str, default: float) -> float:
        found = owner.value.get(key)
        if found is None or found.value is None:
            return default
        return float(self._read(owner, key, default, _duration_at))


def _duration_at(owner: ConfigNode, key: str) -> float:
    text = text_at(owner, key)
    seconds = duration_s(text)
    if seconds > _DURATION_LIMIT_S:
        raise ValueError(f"{text!r} is longer than 292 years")
    return seconds


def _is_text(text: str) -> bool:
    """Whether it can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
