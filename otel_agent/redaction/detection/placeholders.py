"""Values that are no secrets although their names are a secret's: nothing, masks, references, messages about a value."""

import re

from otel_agent.redaction.detection.opaque_values import is_opaque
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["is_message", "is_number_of_its_own", "is_placeholder"]

_EMPTY = late_pattern(
    r"none|null|nil|true|false|yes|no|on|off|undefined|\?|\$\d{1,3}|%[sr]|%\(\w{1,64}\)s|:\w{1,64}|\{[\w.!:]{0,64}\}|\$\{[^}]{0,64}\}|\*+|x{3,}|-+"
    r"|\$[A-Za-z_]\w{0,63}|\$?\{\{[^}]{0,64}\}?\}?|\.+|…+|•+|<[\w .-]{0,64}>|\[?redacted\]?|\[?filtered\]?|\[?hidden\]?|\[?masked\]?|<\|\w{1,32}\|>"
    r"|(?:[|>]|%(?:25){0,2}(?:7C|3E)|&gt;|\\{1,8}u003e)[+-]?\d?(?:\\{1,8}[nrt]|%(?:25){0,2}0[ad9])*|(?:\\{1,8}[nrt]|%(?:25){0,2}0[ad9])+",
    re.IGNORECASE,
)
"""Placeholders, masks, nothing: they stand for a value without being one."""

_REFERENCE = late_pattern(
    r"(?a)arn:aws[\w-]{0,16}:[\w:/+=,.@-]+|projects/[\w-]+/secrets/[\w/.-]+|(?:op|vault|awssm|gcpsm|azkv|env|ref)://?[\w/.# -]+|vault:[\w/.-]+#[\w.-]+"
    r"|/(?:run|var/run|etc|mnt|opt|usr|home|var)/[\w/.-]+|(?:env|file|ssm|secretsmanager):[\w/.-]+"
    r"|os\.(?:environ(?:\.get\()?|getenv\()\[?\(?.{0,80}|(?:process|import\.meta)\.env\.\w+|getpass\.getpass\(.{0,40}"
)
"""Where a secret is kept, which is no secret."""

_PROSE = frozenset(
    "a an the is was are were be been being must should may can cannot could would not no or and for of to in on at with by has"  # noqa: SIM905 - a list of words reads best as a sentence
    " have had does did do done required missing invalid expired expires wrong incorrect empty too unset unchanged changed ok okay failed error"
    " denied granted rejected accepted successful unknown unsupported malformed rotated refreshed created deleted updated loaded"
    " found field input value string str int float type please enter expected unexpected provided given this that it your you"
    " optional none null cannot could ensure only must needs need length short long weak at least more less than from as if"
    " when while if managed stored kept encrypted hashed generated injected sourced use used using see check set get extra permitted forbidden allowed available ready stale revoked verified".split()
)
"""Words after `password: ` that make it a sentence about a password."""

_AFTER_WORD = frozenset({"", " ", "\t", "\n", "\r", ".", ",", ":", ";", "!", ")", "]", "'", '"'})
_WORD = late_pattern(r"[A-Za-z]+")
_NUMBER = late_pattern(
    r"(?a)[+-]?\d{1,4}|[+-]?\d{1,18}\.\d{0,18}(?:[eE][+-]?\d{1,3})?|[+-]?\d{1,3}(?:,\d{3})+|\d{1,18}\s?(?:ms|s|%|kb|mb)"
)
_WHOLE = late_pattern(r"(?a)[+-]?\d{1,40}")


def is_placeholder(text: str) -> bool:
    """Whether a value is none: a placeholder, a mask, a reference, nothing."""
    if text[:1] in {"<", "{"} and is_opaque(text[1:-1].rsplit(" ", 1)[-1]):
        return False
    return _EMPTY.fullmatch(text) is not None or (len(text) > 4 and _REFERENCE.fullmatch(text) is not None)  # noqa: PLR2004 - "env:"


def is_message(text: str) -> bool:
    """Whether what follows a name and a colon begins a message about it: `must not be empty`, `field required`."""
    word = _WORD.match(text)
    return word is not None and word[0].lower() in _PROSE and text[word.end() : word.end() + 1] in _AFTER_WORD


def is_number_of_its_own(text: str, *, is_typed: bool) -> bool:
    """
    Whether digits in a text are a number: a count, a measure, a field of JSON.

    Args:
        text: What follows a name.
        is_typed: Whether the name stands in quotes and the value does not, so that its type is a number's.
    """
    return _NUMBER.fullmatch(text) is not None or (is_typed and _WHOLE.fullmatch(text) is not None)
