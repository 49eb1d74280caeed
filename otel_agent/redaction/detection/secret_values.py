"""Whether a value beside a secret's name in a text is a secret: not nothing, not a mask, not a number, not prose."""

from typing import NamedTuple

from otel_agent.redaction.detection.pair_values import PairValue
from otel_agent.redaction.detection.placeholders import is_message, is_number_of_its_own, is_placeholder
from otel_agent.redaction.detection.secret_names import Certainty, SecretNameRule, SecretNames, proves
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["JUDGED_CHARS", "NamedSecret", "is_secret_value"]

JUDGED_CHARS = 512
"""Characters of a value that are looked at to see whether it is a secret."""

_CLOSING = ")]}>.:`"
_TOKEN = late_pattern(r"(?a)[\w+/=%.~-]*+")
_INNER = late_pattern(r"[\w.:&!\s]*(?:[(\[{]|<[\w.]*\s)\s*(?:[bru]?[\"'])?(?P<inner>[^\"')\]}>]*)[\"']?\s*[)\]}>]*\Z")
"""What stands in brackets, when that is one thing."""

_WORD_CHARS = 16
"""A bare text of letters that is shorter may be a word."""


class NamedSecret(NamedTuple):
    """What a name promises of the value beside it."""

    rule: SecretNameRule
    is_prose: bool = False
    """Whether a colon and a blank stand between, as in a sentence."""
    is_typed: bool = False
    """Whether the name stands in quotes, as in JSON, so that a number without any is a number."""
    is_about: bool = False
    """Whether sentences are about such a name: it has two words, or is a plural."""


def is_secret_value(text: str, value: PairValue, named: NamedSecret, names: SecretNames) -> bool:  # noqa: PLR0911 - one answer per reason
    """
    Whether a value is a secret.

    Args:
        text: The text it stands in.
        value: Where it stands.
        named: What its name promises.
        names: The rules for names.
    """
    said = text[value.start : min(value.end, value.start + JUDGED_CHARS)]
    if value.kind in {"bracketed", "wrapped"}:
        return _holds_secret(said, named.rule, value.kind)
    whole = said.strip()
    is_quoted = value.kind == "quoted"
    bare = whole if is_quoted else whole.rstrip(_CLOSING)
    if len(bare) <= 1 or _stands_for_nothing(text, value, whole, bare) or names.keeps(whole):
        return False
    if not is_quoted and _is_number(bare, named):
        return named.rule.name == "card number" and proves(named.rule, bare)
    if not proves(named.rule, _judged_part(bare, named.rule, is_quoted=is_quoted)):
        return False
    if not named.is_prose:
        return True
    if is_quoted:
        is_code = text[value.start - 1] == "`" and named.rule.certainty is Certainty.LIKELY
        return not is_code or any(letter.isdigit() for letter in whole)
    return not _is_sentence(said, named)


def _judged_part(bare: str, rule: SecretNameRule, *, is_quoted: bool) -> str:
    """Of a value whose name is only a hint, what looks like a token."""
    if rule.certainty is not Certainty.HINT or is_quoted or rule.name == "session":
        return bare
    token = _TOKEN.match(bare)
    return token[0] if token is not None else bare


def _is_number(bare: str, named: NamedSecret) -> bool:
    rule = named.rule
    if rule.certainty is Certainty.CONFIGURED:
        return False
    if is_number_of_its_own(bare, is_typed=named.is_typed) and not (rule.name == "card number" and len(bare) in {3, 4}):
        return True
    return bare.isdigit() and rule.certainty is not Certainty.CERTAIN and rule.name != "one-time password"


def _stands_for_nothing(text: str, value: PairValue, whole: str, bare: str) -> bool:
    if is_placeholder(whole) or is_placeholder(bare):
        return True
    if value.kind == "line":
        return is_placeholder(whole.split(None, 1)[0].rstrip(":,;"))
    if value.kind != "bare":
        return False
    behind = text[value.end : value.end + 2]
    return is_placeholder(whole + behind[:1]) or is_placeholder(whole + behind)


def _is_sentence(said: str, named: NamedSecret) -> bool:
    """Whether a name and a colon begin a sentence: `invalid token: unexpected end`, `no credentials: check the file`."""
    if is_message(said):
        return True
    word = said.split(None, 1)[0].rstrip(_CLOSING + ",;")
    is_hidden = not word.isalpha() or len(word) >= _WORD_CHARS
    is_about = named.is_about or named.rule.certainty is Certainty.LIKELY
    return is_about and not is_hidden and (word.islower() or word.istitle())


def _holds_secret(said: str, rule: SecretNameRule, kind: str) -> bool:
    """Whether brackets, with or without a name before them, hold more than nothing, a mask, or numbers."""
    inner = _INNER.match(said)
    content = inner["inner"].strip() if inner is not None else said
    if "[redacted: " in said or not content or is_placeholder(content) or is_placeholder(said):
        return False
    if is_number_of_its_own(content, is_typed=True):
        return False
    if rule.certainty is Certainty.HINT:
        return kind == "wrapped" and proves(rule, content)
    return kind == "wrapped" or rule.certainty >= Certainty.CERTAIN or said[0] != "{"
