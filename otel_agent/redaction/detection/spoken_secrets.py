"""
Secrets beside their names without a sign that assigns: `token 7fQx2LmZ9k expired`, `password is …`, `setPassword("…")`, `| api_key | … |`.

Prose says much about passwords and tokens, so what stands there is a secret only when it looks made by a machine; as the only
argument of a function that sets a secret, and in quotes behind a keyword, anything is.
"""

import re
from collections.abc import Iterator

from otel_agent.redaction.detection.opaque_values import is_opaque
from otel_agent.redaction.detection.placeholders import is_placeholder
from otel_agent.redaction.detection.secret_names import Certainty, SecretNames, proves
from otel_agent.redaction.detection.work_allowance import CUT, TextWork
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["find_spoken_secrets", "may_be_spoken"]

_UNITS, _VALUE_UNITS = 3, 6
_LEFT_CHARS = 64
_LEFT = late_pattern(r"(?a)[\w.-]*\Z")
_WORD_BEFORE = late_pattern(r"(?a)([a-z]{2,12})[ _-]\Z")
_SAID = late_pattern(
    r"(?a)(?:assw(?:or)?d|assphrase|asscode|sswort|pwd|pw|secret|token|key|credentials?|requirepass|masterauth|auth|pass|_code|_pat)s?(?P<str>str)?"
    r"(?:(?P<call>\(\s{0,4}[bru]?[\"'])"
    r"|(?P<close>[\"'`)\]*]{0,3})(?:\s?[;|\u2192~\u2026]\s{0,16}|<-|\s{1,16})"
    r"(?:(?:is|was|are|now|set|to|from|of|as|provided|given|used|received|generated|changed|reset|updated|value|string|the|new|old|with|plain|login|[0-9])\s{0,4}:?\s{1,4}){0,4}"
    r"(?:(?:for|of|to)\s(?:'[^'\n]{1,64}'|[^\n:=]{1,64}?)(?::|\s(?:is|was)\s|\s/\s)\s{0,4}|\[none\]:\s|(?:\s?[\"'][^\"'\n]{1,64}[\"'],\s?)|\([^()\n]{1,32}\):\s{0,4}|:\s{0,4}|--?[a-z-]{2,16}\s|\.\s)?[\"'`(<\[|]{0,2})"
    r"(?P<value>[^\s\"'`<>()\[\]|,;]{2,512})"
)
_BETWEEN = ("(", ";", "|", "~", "<-", "\u2192", "\u2026")
"""What stands between name and value in everything that `_SAID` finds, unless that is blank."""
_SETTER = late_pattern(
    r"(?a)(?:set|with|use|using|update|change|add|put|store_?new|secret_?str|password|passwd)(?:_|[A-Z]|\Z)|(?:Secret|Password|Sensitive|Masked)[A-Za-z]*\Z"
)
_ARGUMENT_END = late_pattern(r"[\"']\s{0,4}[,)]")
_CLOSING = ".,:;!?)]}>"
_SAYS_CHARS = 8
_SAYS = late_pattern(r"\b(?:is|was|to)\s{1,2}[\"'`]\Z")
"""Behind such a word, what stands in quotes is what the name is about."""

_NAMED = late_pattern(r"(?a)[A-Za-z_][\w.-]{0,32}=[^=]")
"""What is assigned itself belongs to its own name."""


def may_be_spoken(low: str) -> bool:
    """
    Whether a text names something that has a secret; false for most texts, and cheap.

    Args:
        low: A text in small letters.
    """
    return (
        "oken" in low
        or "ass" in low
        or "key" in low
        or "secret" in low
        or "auth" in low
        or "pw" in low
        or "credential" in low
        or "_code" in low
        or "_pat" in low
    )


def find_spoken_secrets(text: str, low: str, names: SecretNames, work: TextWork) -> Iterator[tuple[int, int, str]]:
    """
    Secrets that stand behind their names.

    Args:
        text: Any text.
        low: The same in small letters.
        names: The rules for names.
        work: What the text may cost.

    Yields:
        Where each begins and ends, and its name in the marker.
    """
    if len(low.split(None, 1)) < 2 and not any(sign in low for sign in _BETWEEN):  # noqa: PLR2004 - a blank parts two
        return
    position = 0
    while (match := _SAID.search(low, position)) is not None:
        position = match.start() + 2
        if not work.afford(_UNITS):
            yield match.start(), len(text), CUT
            return
        start, end = match.span("value")
        value = text[start:end].rstrip(_CLOSING)
        if match["call"] is not None:
            is_secret = _ARGUMENT_END.match(text, end) is not None and not is_placeholder(value)
            is_secret = is_secret and (is_opaque(value) or _is_setter(text, match.start("call")))
        else:
            is_said = _SAYS.search(text, max(0, start - _SAYS_CHARS), start) is not None and any(
                map(str.isdigit, value)
            )
            is_secret = (is_said or is_opaque(value)) and not is_placeholder(value) and _NAMED.match(value) is None
        if not is_secret:
            continue
        if not work.afford(_VALUE_UNITS):
            yield match.start(), len(text), CUT
            return
        name = _name(text, match)
        rule = names.rule(name)
        if rule.certainty is Certainty.NONE or (
            rule.certainty is Certainty.HINT and not name.endswith(("_pat", "PAT"))
        ):
            joined = _WORD_BEFORE.search(low, max(0, match.start() - 14), match.start())
            rule = names.rule(f"{joined[1]}_{name}") if joined is not None and joined.end() == match.start() else rule
        is_proven = rule.certainty is Certainty.HINT and match["call"] is not None and proves(rule, value)
        if (rule.certainty >= Certainty.LIKELY or is_proven) and not names.keeps(value):
            position = end
            yield start, start + len(value), rule.name


def _name(text: str, match: re.Match[str]) -> str:
    begin = match.start()
    left = _LEFT.search(text, max(0, begin - _LEFT_CHARS), begin)
    ends = [match.start(group) for group in ("call", "close") if match[group] is not None]
    start = left.start() if left is not None else begin
    return text[start : ends[0] if match["str"] is None else match.start("str")].lstrip("-._")


def _is_setter(text: str, end: int) -> bool:
    left = _LEFT.search(text, max(0, end - _LEFT_CHARS), end)
    name = text[left.start() : end].rpartition(".")[2] if left is not None else ""
    return _SETTER.match(name) is not None
