"""
Tokens made of their patterns, and near-misses of them: for tests, and for people who want to try a collector or a rule.

The patterns of `issuers` use a small part of what regular expressions can say; this walks it and chooses at random.
"""

import random
import string
from typing import Any

from otel_agent.late_imports import late_module
from otel_agent.redaction.detection.issuers import Issuer

__all__ = ["near_misses", "token_example"]

regex_parser: Any = late_module("re._parser")
"""Python's own parser of regular expressions; private, and only examples depend on it."""

_MORE = 6
"""An endless repetition is repeated as often beyond its least, at most."""

_DIGIT_FROM = 12
"""A run that is as long has a digit in it, where its class has some, as every token of an issuer does."""


def token_example(issuer: Issuer, chance: random.Random) -> str:
    """
    A token of a kind; it belongs to nobody.

    Args:
        issuer: Kind of token.
        chance: Chooses.
    """
    return "".join(_made(op, argument, chance) for op, argument in regex_parser.parse(issuer.pattern))


def near_misses(issuer: Issuer, chance: random.Random) -> tuple[str, str, str]:
    """
    Three texts that are nearly a token: cut short, with another beginning, and with a sign inside that no token has.

    Args:
        issuer: Kind of token.
        chance: Chooses.
    """
    token = token_example(issuer, chance)
    at = token.index(issuer.anchor)
    middle = len(issuer.anchor) // 2
    other = token[: at + middle] + "\u00b7" + token[at + middle + 1 :]
    inside = "\u00b7".join(token[start : start + 5] for start in range(0, len(token), 5))
    return token[: max(at, 0) + len(issuer.anchor) + 2][:12], other[: at + middle + 14], inside


def _made(op: Any, argument: Any, chance: random.Random) -> str:
    kind = str(op)
    if kind == "LITERAL":
        return chr(argument)
    if kind == "IN":
        return chance.choice(_members(argument))
    if kind == "BRANCH":
        return "".join(_made(step[0], step[1], chance) for step in chance.choice(argument[1]))
    if kind == "SUBPATTERN":
        return "".join(_made(step[0], step[1], chance) for step in argument[-1])
    if kind == "MAX_REPEAT":
        return _repeated(argument, chance)
    return ""  # a boundary


def _repeated(argument: Any, chance: random.Random) -> str:
    least, most, body = argument
    count = chance.randint(least, min(most, least + _MORE))
    steps = list(body)
    made = ["".join(_made(step[0], step[1], chance) for step in steps) for _ in range(count)]
    if count >= _DIGIT_FROM and str(steps[0][0]) == "IN":
        digits = [letter for letter in _members(steps[0][1]) if letter in string.digits]
        if digits:
            made[count // 2] = chance.choice(digits)
    return "".join(made)


def _members(argument: Any) -> str:
    members = ""
    for op, value in argument:
        members += chr(value) if str(op) == "LITERAL" else "".join(map(chr, range(value[0], value[1] + 1)))
    letters = "".join(letter for letter in members if letter.isalnum())
    return letters or members
