"""
Passwords in statements and messages of databases: `PASSWORD '…'`, `IDENTIFIED BY …`, `Key (api_key)=(…)`.

A statement that a library or a person writes to a log never passes the instrumentation that takes its literals out.
"""

from collections.abc import Iterator

from otel_agent.redaction.detection.placeholders import is_placeholder
from otel_agent.redaction.detection.secret_names import Certainty, SecretNames
from otel_agent.redaction.detection.work_allowance import CUT, TextWork
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["find_statement_secrets"]

_UNITS = 6

_SINGLE = r"[ne]?'(?P<single>(?:[^'\\]|''|\\.)*+)"
_PASSWORD = late_pattern(
    rf"(?s)password(?:\s{{1,8}}for\s{{1,8}}\S{{1,128}})?(?:\s{{1,8}}|\s{{0,8}}(?:=|\bto\b)\s{{0,8}}|\s{{0,8}}\(\s{{0,8}}){{1,2}}(?:(?:old_)?password\s{{0,4}}\()?{_SINGLE}"
)
_IDENTIFIED = late_pattern(
    r"(?s)identified\s{1,8}(?:with\s{1,8}\S{1,64}\s{1,8})?(?:by|as)(?:\s{1,8}(?:values|password))?\s{0,8}"
    rf"(?:{_SINGLE}|\"(?P<double>[^\"\n]*+))(?:['\"]\s{{1,8}}replace\s{{1,8}}['\"](?P<replaced>[^'\"\n]*+))?"
)
_BARE = late_pattern(
    r"(?:user|role|connect\s{1,8}to)\s{1,8}\S{1,128}\s{1,8}identified\s{1,8}by\s{1,8}(?P<bare>[^\s'\";]{2,128})(?:\s{1,8}replace\s{1,8}(?P<replaced>[^\s'\";]{2,128}))?"
)
_CRYPTED = late_pattern(
    rf"(?:\bpragma\s{{1,4}}(?:hex)?(?:re)?key\s?=\s?|\battach\s[^\n]{{1,256}}?\skey\s{{1,4}}(?=')|\b(?:crypt|digest|hmac)\(|\b(?:aes|pgp_sym)_(?:en|de)crypt\((?:[^,\n]{{1,256}}),\s?|\bsp_addlogin\s{{1,4}}'[^'\n]{{1,64}}',\s?|\bsp_password\s[^\n]{{0,128}}?@(?:old|new)\s?=\s?)"
    rf"(?:{_SINGLE}|\"(?P<double>[^\"\n]*+))"
)
"""What functions and settings of a database encrypt with."""

_S3 = late_pattern(r"\bs3\w{0,8}\(\s?'[^'\n]{1,512}',\s?'[^'\n]{1,128}',\s?'(?P<single>[^'\n]{16,256})'")
_NEW = late_pattern(r"\bsp_password\s[^\n]{0,512}?@new\s?=\s?n?'(?P<single>[^'\n]{1,256})'")
_NETRC = late_pattern(r"login\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(?P<bare>\S{2,256})")
_BY_SIGN = (
    ("'", _PASSWORD),
    ("identified", _IDENTIFIED),
    ("identified", _BARE),
    ("login", _NETRC),
    ("crypt(", _CRYPTED),
    ("key", _CRYPTED),
    ("sp_", _CRYPTED),
    ("sp_password", _NEW),
    ("s3", _S3),
)
"""What stands in every text that a pattern finds something in, and the pattern."""

_DETAIL = late_pattern(r"key \((?P<names>[^()\n]{1,256})\)=\(")
_DETAIL_END = late_pattern(r"\) (?:already|is not|conflicts|is still|is referenced)")


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
