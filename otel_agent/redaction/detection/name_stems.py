"""
Parts that every secret's name has, and how a text is asked for them quickly.

A search skips fast where each of its choices begins with a letter of its own; so the stems stand by their first letters.
"""

import re

from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["FOREIGN_PASSWORDS", "STEMS", "has_stem", "is_speaking"]

FOREIGN_PASSWORDS = ("contraseña", "hasło", "lösenord", "пароль", "密码", "密碼", "パスワード", "비밀번호")
"""Words for a password that have other letters than English ones."""

_ESCAPED_PASSWORDS = late_pattern(
    "|".join(
        "".join(letter if letter.isascii() else rf"\\{{1,8}}u{ord(letter):04x}" for letter in word)
        for word in FOREIGN_PASSWORDS
    )
)
"""The same as JSON writes them."""

_STEM = (
    "a(?:uth|ppid)|bearer|c(?:red|ook|ard|v|ontras|rumb)|d(?:entified|ockerc)|e(?:cret|rnet|memb)|h(?:mac|asl|oneyc)|jwt|key|licen|m(?:nem|dp)|o(?:ken|tp)"
    "|p(?:w|hras|riv|s[kw]|at)|s(?:s|ig|id|oci|eed|rf|enha|aml|p_addlog)|verif|w(?:allet|ort|achtw)|_code"
)
"""Parts of every name that the rules know, by their first letters, which is how a search is quick."""

_HAS_STEM = late_pattern(_STEM)
_IS_SPEAKING = re.compile(
    rf"{_STEM}|basic|xpdp|mpdp|alias|bbitmq|kinit|adtest|erdp|chtasks|setuser|bundle|pragma|/r?p\b|=a[|\x01^\\]|:[0-9*]{{1,5}}:[a-z_*]|tach\b|crypt\(|add-mask|redirect_u|callback\?|st-|gt-|sqlplus|sqlldr|net\b|vault\b|login\b|chpasswd"
).search
"""Every choice begins with a letter of its own, which is what makes the search skip quickly."""


def has_stem(text: str) -> bool:
    """
    Whether any name that the rules know can be in a text; false for most texts, and cheap.

    Args:
        text: Any text.
    """
    low = text.lower()
    return _HAS_STEM.search(low) is not None or _is_foreign(low)


def _is_foreign(low: str) -> bool:
    if low.isascii():
        return "\\u" in low and _ESCAPED_PASSWORDS.search(low) is not None
    return any(word in low for word in FOREIGN_PASSWORDS)


def is_speaking(words: str) -> bool:
    """
    Whether words can be part of a secret's name, or say something of the word behind: an option, `Bearer`, `login`.

    Args:
        words: Words between blanks, in any order.
    """
    low = words.lower()
    return (
        _IS_SPEAKING(low) is not None
        or ("-" in low and (low[0] == "-" or " -" in low or "'-" in low or '"-' in low))
        or _is_foreign(low)
    )


STEMS = (
    "pass|pwd|pswd|pw|psk|pgpass|secret|cred|oken|key|auth|bearer|cook|sess|sid|srf|jwt|ssn|soci|phras|mnem|seed|card|cv[vc]|otp"
    "|sig|hmac|wallet|priv|_code|wort|senha|mdp|contrase|wachtw|hasl|senord|appid|pat|fernet|remember|licen[sc]e|verifier|honeycomb|saml|crumb|dockerconf"
    "|contraseña|hasło|lösenord|пароль|密码|密碼|パスワード|비밀번호"
)
"""One of them stands in every name that the rules know; in small letters."""
