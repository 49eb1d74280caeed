"""
Passwords in statements and messages of databases: `PASSWORD '…'`, `IDENTIFIED BY …`, `Key (api_key)=(…)`.

A statement that a library or a person writes to a log never passes the instrumentation that takes its literals out.
"""

import re
from collections.abc import Iterator

from otel_agent.redaction.detection.placeholders import is_placeholder
from otel_agent.redaction.detection.secret_names import Certainty, SecretNames
from otel_agent.redaction.detection.work_allowance import TextWork

__all__ = ["CUT", "find_statement_secrets"]

CUT = "cut"
"""Stands in the marker of what was not looked at, because the text had cost enough."""

_UNITS = 6

_SINGLE = r"[ne]?'(?P<single>(?:[^'\\]|''|\\.)*+)"
_PASSWORD = re.compile(
    rf"(?s)password(?:\s{{1,8}}for\s{{1,8}}\S{{1,128}})?(?:\s{{1,8}}|\s{{0,8}}(?:=|\bto\b)\s{{0,8}}|\s{{0,8}}\(\s{{0,8}}){{1,2}}(?:(?:old_)?password\s{{0,4}}\()?{_SINGLE}"
)
_IDENTIFIED = re.compile(
    r"(?s)identified\s{1,8}(?:with\s{1,8}\S{1,64}\s{1,8})?(?:by|as)(?:\s{1,8}(?:values|password))?\s{0,8}"
    rf"(?:{_SINGLE}|\"(?P<double>[^\"\n]*+))(?:['\"]\s{{1,8}}replace\s{{1,8}}['\"](?P<replaced>[^'\"\n]*+))?"
)
_BARE = re.compile(
    r"(?:user|role)\s{1,8}\S{1,128}\s{1,8}identified\s{1,8}by\s{1,8}(?P<bare>[^\s'\";]{2,128})(?:\s{1,8}replace\s{1,8}(?P<replaced>[^\s'\";]{2,128}))?"
)
_NETRC = re.compile(r"login\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(?P<bare>\S{2,256})")
_BY_SIGN = (("'", _PASSWORD), ("identified", _IDENTIFIED), ("identified", _BARE), ("login", _NETRC))
"""What stands in every text that a pattern finds something in, and the pattern."""

_DETAIL = re.compile(r"key \((?P<names>[^()\n]{1,256})\)=\(")
_DETAIL_END = re.compile(r"\) (?:already|is not|conflicts|is still|is referenced)")


def find_statement_secrets(text: str, low: str, names: SecretNames, work: TextWork) -> Iterator[tuple[int, int, str]]:
    """
    Passwords in statements, and values of secret columns in messages about them.

    Args:
        text: Any text.
        low: The same in small letters.
        names: The rules for names.
        work: What the text may cost.

    Yields:
        Where each begins and ends, and its name in the marker.
    """
    for sign, pattern in _BY_SIGN:
        if sign not in low:
            continue
        for match in pattern.finditer(low):
            if not work.afford(_UNITS):
                yield match.start(), len(text), CUT
                return
            for group, value in match.groupdict().items():
                if value is not None and len(value) > 1 and "[redacted: " not in value and not is_placeholder(value):
                    yield match.start(group), match.end(group), "password"
    position = 0
    while (detail := _DETAIL.search(low, position)) is not None:
        position = detail.end()
        if not work.afford(_UNITS):
            yield detail.start(), len(text), CUT
            return
        rules = [names.rule(name.strip(' "')) for name in text[detail.start("names") : detail.end("names")].split(",")]
        secret = next((rule for rule in rules if rule.certainty >= Certainty.LIKELY), None)
        if secret is not None and not text.startswith("[redacted: ", position):
            line_end = text.find("\n", position)
            line_end = len(text) if line_end < 0 else line_end
            ended = _DETAIL_END.search(text, position, line_end)
            yield position, ended.start() if ended is not None else line_end, secret.name
            position = line_end
