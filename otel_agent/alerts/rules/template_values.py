"""
Values in templates: what is true, how two compare, and how Go prints them.

Source: https://pkg.go.dev/text/template, https://pkg.go.dev/fmt
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from otel_agent.alerts.rules import humanize

__all__ = [
    "Duration",
    "ExpansionError",
    "Moment",
    "QuerySample",
    "compared",
    "go_type",
    "is_true",
    "printed",
    "text_of",
    "toward_zero",
]


class ExpansionError(Exception):
    """A template has no text for these labels and this value."""


@dataclass(frozen=True)
class QuerySample:
    """One element of a query's answer."""

    labels: Mapping[str, str]
    """Its labels, the name included."""
    value: float
    """Its value."""


@dataclass(frozen=True)
class Duration:
    """A length of time, as `toDuration` makes it."""

    nanoseconds: int
    """Its length."""

    def __str__(self) -> str:
        """As Go writes it: 1h2m3.5s."""
        rest, sign = abs(self.nanoseconds), "-" if self.nanoseconds < 0 else ""
        if rest < 1_000_000_000:  # noqa: PLR2004 - below a second Go changes the unit
            unit, size = next((u, s) for u, s in (("ms", 10**6), ("µs", 10**3), ("ns", 1)) if rest >= s or s == 1)
            return f"{sign}{_decimal(rest, size)}{unit}" if rest else "0s"
        minutes, rest = divmod(rest, 60_000_000_000)
        hours, minutes = divmod(minutes, 60)
        text = f"{_decimal(rest, 10**9)}s"
        if hours or minutes:
            text = f"{minutes}m{text}"
        return f"{sign}{hours}h{text}" if hours else f"{sign}{text}"

    def method(self, name: str, arguments: Sequence[Any]) -> Any:
        """
        The answer of a method of Go's `time.Duration`.

        Args:
            name: Hours, Minutes, Seconds, Milliseconds, Microseconds, Nanoseconds or String.
            arguments: None are taken.
        """
        seconds = self.nanoseconds / 1e9
        answers = {
            "Hours": seconds / 3600,
            "Minutes": seconds / 60,
            "Seconds": seconds,
            "Milliseconds": toward_zero(self.nanoseconds, 10**6),
            "Microseconds": toward_zero(self.nanoseconds, 10**3),
            "Nanoseconds": self.nanoseconds,
            "String": str(self),
        }
        return _answer("time.Duration", answers, name, arguments)


def toward_zero(count: int, size: int) -> int:
    """
    Divide whole numbers as Go does.

    Args:
        count: The number.
        size: What it is divided by, above 0.
    """
    return abs(count) // size * (-1 if count < 0 else 1)


def _decimal(count: int, size: int) -> str:
    whole, part = divmod(count, size)
    places = len(str(size)) - 1
    return f"{whole}.{part:0{places}d}".rstrip("0") if part else str(whole)


_LAYOUT = re.compile(
    r"2006|January|Jan|Monday|Mon|MST|Z07:00|-07:00|-0700|[.,]0+(?!\d)|[.,]9+(?!\d)|15|0[1-6]|06|_2|PM|pm|[1-5]"
)


@dataclass(frozen=True)
class Moment:
    """A moment, as `toTime` makes it; UTC."""

    milliseconds: int
    """Since 1970."""

    @property
    def when(self) -> datetime:
        """The moment on the calendar."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.milliseconds)

    def __str__(self) -> str:
        """As Go prints it."""
        when = self.when
        part = f".{when.microsecond:06d}".rstrip("0") if when.microsecond else ""
        return f"{when.year:04d}-{when:%m-%d %H:%M:%S}{part} +0000 UTC"

    def method(self, name: str, arguments: Sequence[Any]) -> Any:
        """
        The answer of a method of Go's `time.Time`.

        Args:
            name: Year, Month, Day, Hour, Minute, Second, Weekday, YearDay, Unix, UnixMilli, UTC, String, Format or Add.
            arguments: The layout of Format, the duration of Add; none for the others.
        """
        when = self.when
        if name == "Format" and len(arguments) == 1:
            return _LAYOUT.sub(lambda match: _of_layout(match.group(), when), str(arguments[0]))
        if name == "Add" and len(arguments) == 1 and isinstance(arguments[0], Duration):
            return Moment(self.milliseconds + arguments[0].nanoseconds // 1_000_000)
        answers = {
            "Year": when.year,
            "Month": f"{when:%B}",
            "Day": when.day,
            "Hour": when.hour,
            "Minute": when.minute,
            "Second": when.second,
            "Nanosecond": when.microsecond * 1000,
            "Weekday": f"{when:%A}",
            "YearDay": when.timetuple().tm_yday,
            "Unix": self.milliseconds // 1000,
            "UnixMilli": self.milliseconds,
            "UTC": self,
            "String": str(self),
        }
        return _answer("time.Time", answers, name, arguments)


def _answer(kind: str, answers: Mapping[str, Any], name: str, arguments: Sequence[Any]) -> Any:
    if name not in answers:
        raise ExpansionError(f"can't evaluate field {name} in type {kind}")
    if arguments:
        raise ExpansionError(f"wrong number of args for {name}: want 0 got {len(arguments)}")
    return answers[name]


def _of_layout(part: str, when: datetime) -> str:
    if part[0] in ".,":
        digits = f"{when.microsecond * 1000:09d}"[: len(part) - 1]
        return part[0] + digits if "0" in part else (part[0] + digits).rstrip("0").rstrip(part[0])
    return {
        "2006": f"{when.year:04d}",
        "06": f"{when:%y}",
        "January": f"{when:%B}",
        "Jan": f"{when:%b}",
        "Monday": f"{when:%A}",
        "Mon": f"{when:%a}",
        "MST": "UTC",
        "Z07:00": "Z",
        "-07:00": "+00:00",
        "-0700": "+0000",
        "15": f"{when:%H}",
        "01": f"{when:%m}",
        "1": str(when.month),
        "02": f"{when:%d}",
        "_2": f"{when.day:2d}",
        "2": str(when.day),
        "03": f"{when:%I}",
        "3": str(when.hour % 12 or 12),
        "04": f"{when:%M}",
        "4": str(when.minute),
        "05": f"{when:%S}",
        "5": str(when.second),
        "PM": f"{when:%p}",
        "pm": f"{when:%p}".lower(),
    }[part]


def go_type(value: Any) -> str:
    """
    What Go calls the type of a value.

    Args:
        value: Any value of a template.
    """
    names = {bool: "bool", int: "int", float: "float64", str: "string", list: "template.queryResult"}
    if value is None:
        return "nil"
    return names.get(type(value), "*template.sample" if isinstance(value, QuerySample) else "map[string]string")


def is_true(value: Any) -> bool:
    """
    Whether a condition holds: zero and what is empty are false.

    Args:
        value: Any value of a template.
    """
    return value == value if isinstance(value, float) and math.isnan(value) else bool(value)  # noqa: PLR0124 - NaN


def compared(left: Any, right: Any, *, is_order: bool) -> int | None:
    """
    Compare two values.

    Args:
        left: A value.
        right: Another.
        is_order: Whether the question is which is less, which not all values answer.

    Returns:
        -1, 0 or 1; None where one is NaN.

    Raises:
        ExpansionError: When they are of different kinds: Go does not compare 1.5 with 2, only with 2.0.
    """
    kinds = [_kind(left), _kind(right)]
    if None in (left, right) and not is_order:
        return 0 if left is right else 1
    if "other" in kinds or (is_order and "bool" in kinds):
        raise ExpansionError("invalid type for comparison")
    if kinds[0] != kinds[1]:
        raise ExpansionError("incompatible types for comparison")
    if left == right:
        return 0
    return -1 if left < right else 1 if left > right else None


def _kind(value: Any) -> str:
    return {bool: "bool", int: "int", float: "float", str: "string"}.get(type(value), "other")


def text_of(value: Any) -> str:  # noqa: PLR0911 - one for each type
    """
    A value as Go's templates print it.

    Args:
        value: Any value of a template.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return humanize.plain(value)
    if value is None:
        return "<no value>"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{name}:{text_of(value[name])}' for name in sorted(value))}]"
    if isinstance(value, list | tuple):
        return f"[{' '.join(map(text_of, value))}]"
    if isinstance(value, QuerySample):
        return f"{{{text_of(value.labels)} {text_of(value.value)}}}"
    return str(value)


_VERB = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d+|\*)?(?:\.(?P<places>\d*|\*))?(?:\[(?P<at>\d{1,4})\])?(?P<verb>[^\W\d]|%|!|$)"
)


def printed(form: str, values: Sequence[Any]) -> str:
    """
    Fill a format as Go's `fmt.Sprintf` does.

    Args:
        form: The format, with verbs such as %s, %d, %.2f, %v and %q.
        values: What to fill it with.
    """
    rest = list(values)
    is_reordered = False

    def filled(match: "re.Match[str]") -> str:
        nonlocal is_reordered
        verb, width, places = match["verb"], match["width"], match["places"]
        if verb == "%":
            return "%"
        if match["at"]:
            rest[:], is_reordered = values[max(0, int(match["at"]) - 1) :], True
            if not 0 < int(match["at"]) <= len(values):
                return f"%!{verb}(BADINDEX)"
        if width == "*":
            width = str(rest.pop(0)) if rest else None
        if places == "*":
            places = str(rest.pop(0)) if rest else None
        if not verb:
            return "%!(NOVERB)"
        if not rest:
            return f"%!{verb}(MISSING)"
        return _written(verb, match["flags"], width, places, rest.pop(0))

    text = _VERB.sub(filled, form)
    if rest and not is_reordered:
        extra = ", ".join(f"{go_type(value)}={text_of(value)}" for value in rest)
        text += f"%!(EXTRA {extra})"
    return text


def _written(verb: str, flags: str, width: str | None, places: str | None, value: Any) -> str:
    text = _formatted(verb, flags, places, value)
    if text.startswith(f"%!{verb}("):
        # Another verb is wanted for it: as there, the value is written as %v would with the same width.
        plain = _aligned(_formatted("v", flags, places, value), flags, width, value)
        return f"%!{verb}({go_type(value)}={plain})"
    return _aligned(text, flags, width, value)


def _aligned(text: str, flags: str, width: str | None, value: Any) -> str:
    if width is None:
        return text
    length = min(int(width), 1000)
    if "-" in flags:
        return text.ljust(length)
    if "0" in flags and isinstance(value, int | float) and not isinstance(value, bool) and text[-1:].isdigit():
        sign = text[0] if text[0] in "+- " else ""
        return sign + text[len(sign) :].rjust(length - len(sign), "0")
    return text.rjust(length)


def _formatted(verb: str, flags: str, places: str | None, value: Any) -> str:  # noqa: PLR0911 - one for each type
    if isinstance(value, float):
        return _float_formatted(verb, flags, places, value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _int_formatted(verb, flags, value)
    text = text_of(value)
    if verb in "vs" or (verb == "t" and isinstance(value, bool)):
        is_text_verb = verb == "v" or not isinstance(value, bool)
        if is_text_verb:
            return text if places is None else text[: int(places or 0)]
    elif verb in "qxX" and isinstance(value, str):
        if verb == "q":
            return json.dumps(text, ensure_ascii=False)
        return text.encode().hex() if verb == "x" else text.encode().hex().upper()
    if verb == "t" and isinstance(value, bool):
        return text
    return f"%!{verb}({go_type(value)}={text})"


def _float_formatted(verb: str, flags: str, places: str | None, value: float) -> str:
    if verb not in "vgGeEfF":
        return f"%!{verb}(float64={text_of(value)})"
    sign = "+" if "+" in flags and not math.isnan(value) else " " if " " in flags else ""
    if math.isnan(value) or math.isinf(value):
        text = text_of(value)
        return text if "+" in flags and not math.isnan(value) else text.replace("+", "+" if value == math.inf else "")
    if verb in "vgG":
        text = humanize.plain(value) if places is None else humanize.significant(value, int(places or 0))
        text = text.upper() if verb == "G" else text
        return sign + text if sign and value >= 0 else text
    return f"%{sign}.{6 if places is None else int(places or 0)}{verb}" % value


def _int_formatted(verb: str, flags: str, value: int) -> str:
    sign = "+" if "+" in flags and value >= 0 else " " if " " in flags and value >= 0 else ""
    bases = {"v": "d", "d": "d", "x": "x", "X": "X", "o": "o", "b": "b"}
    if verb in bases:
        prefix = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}.get(verb, "") if "#" in flags else ""
        return f"{'-' if value < 0 else sign}{prefix}{abs(value):{bases[verb]}}"
    if verb == "c":
        return chr(value) if 0 <= value < 0x110000 else "\ufffd"  # noqa: PLR2004 - the last code point
    if verb == "q":
        return f"'{chr(value)}'"
    return f"%!{verb}(int={value})"
