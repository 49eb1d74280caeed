"""
Secrets with something between them and their names: errors of validators, parts of forms, columns of an `INSERT`, audit entries.

The rules for names decide here as everywhere; a table says where a name and its value stand in each form.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from otel_agent.redaction.detection.opaque_values import is_opaque
from otel_agent.redaction.detection.placeholders import is_placeholder
from otel_agent.redaction.detection.secret_names import Certainty, SecretNames, proves
from otel_agent.redaction.detection.work_allowance import CUT, TextWork
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["find_distant_secrets"]

_UNITS = 6
_QUOTED = r"'(?:[^'\\\n]|''|\\.){0,512}'|\"(?:[^\"\\\n]|\\.){0,512}\""


class _Form(NamedTuple):
    """A form in which a name and its value stand apart."""

    signs: tuple[str, ...]
    """One or two that stand in every text of the form; in small letters."""
    pattern: re.Pattern[str]
    """With the groups `name`, and `value` or, where it must look made by a machine, `opaque`; a second value is `more`."""


_FORMS = (
    # an error of pydantic's, as text and as data
    _Form(("input_value=",), late_pattern(
        r"(?m)^(?:[\w\[\]-]{1,64}\.){0,8}(?P<name>[\w-]{1,64})\n[ \t]{1,8}[^\n]{1,256}?\binput_value=[\"'](?P<value>[^\"'\n]{1,512})[\"']"
    )),
    _Form(("loc", "input"), late_pattern(
        r"loc\\?[\"']:\s?[(\[](?:[^()\[\]\n]{0,128}[\s,])?\\?[\"'](?P<name>[\w.-]{1,64})\\?[\"'],?\s?[)\]],[^\n{}]{0,256}?\binput\\?[\"']:\s?\\?[\"'](?P<value>[^\"'\n\\]{1,512})"
    )),
    _Form(("on instance[",), late_pattern(r"On instance(?:\[[^\[\]\n]{1,64}\]){0,8}\[[\"'](?P<name>[^\"'\n]{1,64})[\"']\]:\s{1,16}[\"'](?P<value>[^\"'\n]{1,512})[\"']")),
    # a part of a form
    _Form(("form-data;",), late_pattern(
        r"form-data;\s?name=\\?[\"']?(?P<name>[\w.\[\]-]{1,64})\\?[\"']?(?:;\s?(?!value)[^\r\n\\]{0,128})?"
        r"(?:;\s?value=[\"']?|(?:\r?\n|\\r\\n)(?:[\w-]{1,32}: ?[^\r\n\\]{0,128}(?:\r?\n|\\r\\n)){0,4}(?:\r?\n|\\r\\n))(?P<value>[^\r\n\\]{1,512})"
    )),
    # a value before its name
    _Form(("value", "name"), late_pattern(
        r"(?<![\w-])value[\"']?\s?[:=]\s?[\"'](?P<value>[^\"'\n]{2,512})[\"'](?:,?\s{1,4}[\w-]{1,24}[\"']?\s?[:=]\s?[\"'][^\"'\n]{0,64}[\"']){0,3},?\s{1,4}[\"']?name[\"']?\s?[:=]\s?[\"'](?P<name>[\w.-]{1,64})[\"']"
    )),
    # other fields between a name and its value
    _Form(("value", "name"), late_pattern(
        r"[\"']name[\"']:\s?[\"'](?P<name>[\w.-]{1,64})[\"'](?:,\s?[\"'][\w-]{1,24}[\"']:\s?(?:[\"'][^\"'\n]{0,64}[\"']|[\w.]{1,32})){1,4},\s?[\"']value[\"']:\s?[\"'](?P<value>[^\"'\n]{1,512})[\"']"
    )),
    # what a field was and has become
    _Form(("old", "new"), late_pattern(
        r"[\"'](?:field|column|name|key|attribute|property)[\"']:\s?[\"'](?P<name>[\w.-]{1,64})[\"'],\s?[\"']old\w{0,8}[\"']:\s?[\"'](?P<value>[^\"'\n]{1,512})[\"'],\s?[\"']new\w{0,8}[\"']:\s?[\"'](?P<more>[^\"'\n]{1,512})[\"']"
    )),
    # an argument behind the name of what it sets
    _Form(("(",), late_pattern(
        r"\w\((?:\s{0,4}[\"'][\w./ -]{0,64}[\"'],){0,2}\s{0,4}[\"'](?P<name>[\w.-]{2,64})[\"'],\s{0,4}(?:[\"'][\w.@-]{0,64}[\"'],\s{0,4})?[\"'](?P<opaque>[^\"'\n]{8,512})[\"']\s{0,4}[,)]"
    )),
    _Form(("set_password(",), late_pattern(r"set_(?P<name>password)\((?:\s{0,4}[\"'][^\"'\n]{0,64}[\"'],){1,2}\s{0,4}[\"'](?P<value>[^\"'\n]{1,512})[\"']\s{0,4}\)")),
    # a user and a password
    _Form(("cred",), late_pattern(r"(?i)(?<![A-Za-z])(?P<name>cred(?:ential)?s)[\"']?\s?[:=]?\s?\(?[\"']?(?:[\w.@-]{1,64}|\[redacted: credential\])[\"']?\s{0,2}[/:,]\s{0,2}[\"']?(?P<opaque>[^\s\"'(),]{8,256})")),
    # statements
    _Form((" in",), late_pattern(rf"(?i)(?<![\w.])(?:\w{{1,64}}\.)?[\"`\[]?(?P<name>\w{{2,64}})[\"`\]]?\s{{1,4}}(?:not\s{{1,4}})?in\s{{0,4}}\((?P<list>\s{{0,4}}(?:{_QUOTED})(?:,\s{{0,4}}(?:{_QUOTED})){{0,64}})")),
    _Form(("for key",), late_pattern(r"Duplicate entry '(?P<opaque>[^'\n]{8,512})' for key '(?P<name>[\w.-]{1,128})'")),
)  # fmt: skip
_INSERT = late_pattern(
    r"(?i)\binto\s{1,4}[^\s()]{1,128}\s{0,4}\((?P<columns>[^()]{1,1024})\)\s{0,16}(?:output\s[^()]{1,128})?values\s{0,16}"
)
_ROW = late_pattern(rf"\s{{0,16}},?\s{{0,16}}\((?P<row>(?:[^()'\"]|{_QUOTED}|\([^()]{{0,256}}\)){{1,512}}+)\)")
_CELL = late_pattern(rf"(?:[^,()'\"]|{_QUOTED}|\([^()]{{0,256}}\))+")
_LITERAL = late_pattern(_QUOTED)
_MAX_ROWS = 64


def find_distant_secrets(text: str, low: str, names: SecretNames, work: TextWork) -> Iterator[tuple[int, int, str]]:
    """
    Secrets that do not stand beside their names.

    Args:
        text: Any text.
        low: The same in small letters.
        names: The rules for names.
        work: What the text may cost.

    Yields:
        Where each begins and ends, and its name in the marker.
    """
    for form in _FORMS:
        signs, pattern = form
        if signs[0] not in low or signs[-1] not in low:
            continue
        for match in pattern.finditer(text):
            if not work.afford(_UNITS):
                yield match.start(), len(text), CUT
                return
            yield from _judged(text, match, names)
    if "into" in low and "values" in low:
        yield from _inserted(text, names, work)


def _judged(text: str, match: re.Match[str], names: SecretNames) -> Iterator[tuple[int, int, str]]:
    rule = names.rule(match["name"].strip("[]"))
    if rule.certainty is Certainty.NONE:
        return
    for group, found in match.groupdict().items():
        if group == "name" or found is None:
            continue
        spans = _literals(text, *match.span(group)) if group == "list" else [match.span(group)]
        for start, end in spans:
            value = text[start:end]
            is_secret = is_opaque(value) if group in {"opaque", "list"} else True
            if is_secret and "[redacted: " not in value and not is_placeholder(value) and proves(rule, value):
                yield start, end, rule.name


def _literals(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for literal in _LITERAL.finditer(text, start, end):
        yield literal.start() + 1, literal.end() - 1


def _inserted(text: str, names: SecretNames, work: TextWork) -> Iterator[tuple[int, int, str]]:
    """Literals of an `INSERT` whose columns have a secret's name."""
    for statement in _INSERT.finditer(text):
        columns = [column.strip(' \t\r\n"`[]') for column in statement["columns"].split(",")]
        secret = {
            number: rule for number, rule in enumerate(map(names.rule, columns)) if rule.certainty is not Certainty.NONE
        }
        position = statement.end()
        for _ in range(_MAX_ROWS if secret else 0):
            row = _ROW.match(text, position)
            if row is None:
                break
            if not work.afford(_UNITS):
                yield row.start(), len(text), CUT
                return
            position = row.end()
            for number, cell in enumerate(_CELL.finditer(text, *row.span("row"))):
                for start, end in _literals(text, *cell.span()) if number in secret else ():
                    value = text[start:end]
                    if (
                        len(value) > 1
                        and "[redacted: " not in value
                        and not is_placeholder(value)
                        and proves(secret[number], value)
                    ):
                        yield start, end, secret[number].name
