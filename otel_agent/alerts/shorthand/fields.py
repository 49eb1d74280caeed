"""The fields of an entry, read one by one; what is wrong is collected with its path, what is left over is unknown."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from otel_agent.alerts.rules.durations import duration_s

__all__ = ["Fields", "quoted"]

_MISSING = object()
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)


def quoted(text: str) -> str:
    """
    A text as PromQL writes it.

    Args:
        text: Any.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


class Fields:
    """Reads the fields of one entry."""

    def __init__(self, path: str, values: Any) -> None:
        """
        Take an entry.

        Args:
            path: Where it stands: "alerts.rules[2].threshold".
            values: A mapping.
        """
        self.path = path
        self.problems: list[str] = []
        self._values: Mapping[str, Any] = values if isinstance(values, Mapping) else {}
        self._read: set[str] = set()
        if not isinstance(values, Mapping):
            self.problems.append(f"{path}: expected fields such as name, found {values!r}")

    def say(self, key: str, problem: str) -> None:
        """
        Note what is wrong with a field.

        Args:
            key: The field.
            problem: What is wrong, and what to do.
        """
        self.problems.append(f"{self.path}.{key}: {problem}")

    def _take(self, key: str, default: Any) -> Any:
        self._read.add(key)
        value = self._values.get(key, _MISSING)
        if value is not _MISSING and value is not None:
            return value
        if default is _MISSING:
            self.say(key, "is needed")
            return None
        return default

    def text(self, key: str, default: Any = _MISSING) -> Any:
        """A text."""
        value = self._take(key, default)
        if value is not default and value is not None and not isinstance(value, str):
            self.say(key, f"expected a text, found {value!r}")
            return "" if default is _MISSING else default
        return value

    def name(self, key: str = "name") -> str:
        """The name of a rule: letters, digits and underscores."""
        value = self.text(key)
        if value and not _NAME.fullmatch(value):
            self.say(key, f"{value!r} is no name for a rule; use letters, digits and _")
        return str(value or "unnamed")

    def number(self, key: str, default: Any = _MISSING) -> Any:
        """A number."""
        value = self._take(key, default)
        if value is default or value is None:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.say(key, f"expected a number, found {value!r}")
            return 0.0 if default is _MISSING else default
        return float(value)

    def share(self, key: str, default: Any = _MISSING) -> Any:
        """A number from 0 to 1."""
        value = self.number(key, default)
        if isinstance(value, float) and not 0 <= value <= 1:
            self.say(key, f"expected a share from 0 to 1, found {value:g}")
        return value

    def duration(self, key: str, default: Any = _MISSING) -> Any:
        """A length of time, in seconds."""
        value = self._take(key, default)
        if value is default or value is None:
            return value
        try:
            return duration_s(value)
        except ValueError as error:
            self.say(key, str(error))
            return 1.0

    def quantity(self, key: str, default: Any = _MISSING) -> Any:
        """A number, or a length of time in seconds: 0.25 or 250ms."""
        value = self._values.get(key)
        return self.duration(key, default) if isinstance(value, str) else self.number(key, default)

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of texts; empty when it is not given."""
        value = self._take(key, {})
        if not isinstance(value, Mapping):
            self.say(key, f"expected names and texts, found {value!r}")
            return {}
        return {str(name): str(text) for name, text in value.items()}

    def names(self, key: str) -> list[str]:
        """A list of texts, or one; empty when it is not given."""
        value = self._take(key, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
            self.say(key, f"expected a list of names, found {value!r}")
            return []
        return list(listed)

    def flag(self, key: str) -> bool:
        """True or false; false when it is not given."""
        value = self._take(key, False)
        if not isinstance(value, bool):
            self.say(key, f"expected true or false, found {value!r}")
            return False
        return value

    def finish(self) -> None:
        """Note the fields that nobody asked for."""
        known = sorted(self._read)
        for key in self._values:
            if key not in self._read:
                near = get_close_matches(str(key), known, 1)
                self.say(
                    str(key),
                    f"is not known here; did you mean {near[0]}?"
                    if near
                    else f"is not known here; known are {', '.join(known)}",
                )
