r"""
The operator's own patterns, checked before they are used: an invalid one, and one open to ReDoS, is refused with a reason.

A regular expression of Python's can take time that doubles with every character of a text. Such patterns have a shape that
can be seen: something that repeats without bound inside of something that does (`(a+)+`), alternatives that begin alike and
are repeated (`(a|ab)*`), or two repetitions side by side that can take the same characters (`\d+\d+`, `.*foo.*`). Each
leaves the engine a choice at every character. What makes no choice is fine: a possessive repetition (`a++`), an atomic group
(`(?>…)`), and a bound (`.{0,100}`). What is left is at worst quadratic, and `text_redactor` applies it to short windows.

Source: the conditions of Kirrage, Rathnayake, Thielecke: "Static Analysis for Regular Expression Denial-of-Service Attacks",
2013, made stricter where that is simpler.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from otel_agent.late_imports import late_module

__all__ = ["CheckedPatterns", "check_patterns", "pattern_problem"]

regex_parser: Any = late_module("re._parser")
"""Python's own parser of regular expressions; private, and perhaps gone in another Python."""

MAX_CHARS = 1000
"""Longer patterns are refused."""

_MANY = 200
"""A repetition that may go on at least as often counts as one without bound."""

_SAMPLE = [chr(code) for code in range(256)] + ["Ω", "€", "語", "\u2028"]
_EVERYTHING = frozenset(range(len(_SAMPLE)))
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")
_WAY_OUT = "write a possessive repetition (++, *+) or a bound ({0,100}) instead"


class CheckedPatterns(NamedTuple):
    """Patterns that can be used, and a problem for each of the others."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    keep: tuple[str, ...]
    problems: tuple[str, ...]
    """One sentence each, beginning with the path in the configuration."""


class _PatternStep(NamedTuple):
    """One step of a pattern: which characters of the sample it can take, and how."""

    characters: frozenset[int]
    is_endless: bool
    is_optional: bool


def check_patterns(keys: Sequence[str], values: Sequence[str], keep: Sequence[str] = ()) -> CheckedPatterns:
    """
    Sort patterns into those that can be used and those that cannot.

    Args:
        keys: Patterns of names, as `Redactor` takes them; `!` in front is not part of the pattern.
        values: Patterns of secrets in texts.
        keep: Patterns of names and values that stay.
    """
    problems: list[str] = []
    usable: dict[str, list[str]] = {"keys": [], "values": [], "keep": []}
    for where, patterns in (("keys", keys), ("values", values), ("keep", keep)):
        for position, pattern in enumerate(patterns):
            wrong = pattern_problem(pattern.removeprefix("!") if where == "keys" else pattern)
            if wrong is None:
                usable[where].append(pattern)
            else:
                problems.append(f"redact.{where}[{position}]: {wrong}")
    return CheckedPatterns(tuple(usable["keys"]), tuple(usable["values"]), tuple(usable["keep"]), tuple(problems))


def pattern_problem(pattern: str) -> str | None:
    """
    What is wrong with a pattern.

    Args:
        pattern: A regular expression.

    Returns:
        None when it can be used.
    """
    if len(pattern) > MAX_CHARS:
        return f"expected at most {MAX_CHARS} characters, found {len(pattern)}; use several patterns"
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"expected a regular expression, found {pattern!r}: {error}"
    if compiled.match("") is not None:
        return f"{pattern!r} matches an empty text, and so every text; let it require something"
    try:
        parsed = regex_parser.parse(pattern)
        found = _slow(parsed, is_folded=bool(compiled.flags & re.IGNORECASE))
    except (
        ImportError,
        AttributeError,
        RecursionError,
    ):  # another Python's parser: the check is lost, the pattern is not
        return None
    return None if found is None else f"{pattern!r} can take for ever: {found}; {_WAY_OUT}"


def _slow(items: Iterable[Any], *, is_folded: bool) -> str | None:
    """Why a sequence can take for ever; None when it cannot."""
    parts: list[_PatternStep] = []
    for op, argument in items:
        inner = _inner_problem(str(op), argument, is_folded=is_folded)
        if inner is not None:
            return inner
        parts += _parts(str(op), argument, is_folded=is_folded)
    return _side_by_side(parts)


def _inner_problem(op: str, argument: Any, *, is_folded: bool) -> str | None:
    bodies = list(_bodies(op, argument))
    for body in bodies:
        found = _slow(body, is_folded=is_folded)
        if found is not None:
            return found
    if op in _REPEATS and _is_endless(argument[1]):
        body = argument[2]
        if any(part.is_endless for part in _flat(body, is_folded=is_folded)):
            return "a repetition inside a repetition"
        if any(_are_alike(branches, is_folded=is_folded) for branches in _branches(body)):
            return "repeated alternatives that begin alike"
    return None


def _side_by_side(parts: Sequence[_PatternStep]) -> str | None:
    for first, one in enumerate(parts):
        if not one.is_endless:
            continue
        for two in parts[first + 1 :]:
            if two.is_endless and one.characters & two.characters:
                return "two repetitions that can take the same characters"
            if not two.is_optional and not (one.characters & two.characters):
                break
    return None


def _parts(op: str, argument: Any, *, is_folded: bool) -> list[_PatternStep]:
    if op == "SUBPATTERN":
        return _flat(argument[3], is_folded=is_folded)
    if op in (*_REPEATS, "POSSESSIVE_REPEAT"):
        inner = _flat(argument[2], is_folded=is_folded)
        characters = frozenset().union(*(part.characters for part in inner)) if inner else frozenset()
        is_endless = op in _REPEATS and (_is_endless(argument[1]) or any(part.is_endless for part in inner))
        return [_PatternStep(characters, is_endless, argument[0] == 0 or all(part.is_optional for part in inner))]
    if op == "ATOMIC_GROUP":
        return [part._replace(is_endless=False) for part in _flat(argument, is_folded=is_folded)]
    if op == "BRANCH":
        branches = [_flat(branch, is_folded=is_folded) for branch in argument[1]]
        every = [part for branch in branches for part in branch]
        characters = frozenset().union(*(part.characters for part in every)) if every else frozenset()
        is_optional = any(all(part.is_optional for part in branch) for branch in branches)
        return [_PatternStep(characters, any(part.is_endless for part in every), is_optional)]
    if op in {"AT", "ASSERT", "ASSERT_NOT"}:
        return []
    return [_PatternStep(_characters(op, argument, is_folded=is_folded), is_endless=False, is_optional=False)]


def _flat(items: Iterable[Any], *, is_folded: bool) -> list[_PatternStep]:
    return [part for op, argument in items for part in _parts(str(op), argument, is_folded=is_folded)]


def _bodies(op: str, argument: Any) -> Iterable[Any]:
    if op == "SUBPATTERN":
        yield argument[3]
    elif op in (*_REPEATS, "POSSESSIVE_REPEAT"):
        yield argument[2]
    elif op == "ATOMIC_GROUP":
        yield argument
    elif op == "BRANCH":
        yield from argument[1]
    elif op in {"ASSERT", "ASSERT_NOT"}:
        yield argument[1]


def _branches(items: Iterable[Any]) -> Iterable[Any]:
    """The alternatives of every branch in a sequence, groups looked into."""
    for op, argument in items:
        if str(op) == "BRANCH":
            yield argument[1]
        for body in _bodies(str(op), argument):
            yield from _branches(body)


def _are_alike(branches: Sequence[Any], *, is_folded: bool) -> bool:
    firsts = [_flat(branch, is_folded=is_folded)[:1] for branch in branches]
    sets = [part[0].characters if part else _EVERYTHING for part in firsts]
    return any(one & two for position, one in enumerate(sets) for two in sets[position + 1 :])


def _is_endless(most: Any) -> bool:
    return int(most) >= _MANY


def _characters(op: str, argument: Any, *, is_folded: bool) -> frozenset[int]:
    """Which characters of the sample one step takes; all of them where that is not clear."""
    if op == "LITERAL":
        return _where({chr(argument)}, is_folded=is_folded)
    if op == "NOT_LITERAL":
        return _EVERYTHING - _where({chr(argument)}, is_folded=is_folded)
    if op == "ANY":
        return _EVERYTHING - _where({"\n"}, is_folded=False)
    if op != "IN":
        return _EVERYTHING
    taken: frozenset[int] = frozenset()
    is_negated = False
    for kind, value in argument:
        match str(kind):
            case "NEGATE":
                is_negated = True
            case "LITERAL":
                taken |= _where({chr(value)}, is_folded=is_folded)
            case "RANGE":
                inside = {letter for letter in _SAMPLE if value[0] <= ord(letter) <= value[1]}
                taken |= _where(inside, is_folded=is_folded)
            case _:
                taken |= _category(str(value))
    return _EVERYTHING - taken if is_negated else taken


def _category(name: str) -> frozenset[int]:
    letter = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}.get(name.rsplit("_", 1)[-1])
    if letter is None:
        return _EVERYTHING
    pattern = re.compile("\\" + (letter.upper() if "_NOT_" in name else letter))
    return frozenset(position for position, one in enumerate(_SAMPLE) if pattern.match(one))


def _where(letters: Iterable[str], *, is_folded: bool) -> frozenset[int]:
    wanted = {letter.lower() for letter in letters} if is_folded else set(letters)
    return frozenset(position for position, one in enumerate(_SAMPLE) if (one.lower() if is_folded else one) in wanted)
