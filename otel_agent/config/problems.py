"""What is wrong with a set-up, collected while everything else goes on."""

__all__ = ["Problems"]

_Rank = tuple[int, int, int]
"""Arguments before variables before files, then places in the order in which they were met, then lines."""

_STRONG = ("argument ", "environment ")
_MOST = 100
"""Lines of a kind; more than anybody reads, and few enough for any log."""
_LONGEST = 1000
"""Characters of a line."""


class Problems:
    """Lines for people; the same line is kept once, and there is a bound to all of them."""

    def __init__(self) -> None:
        self._problems: dict[str, _Rank] = {}
        self._warnings: dict[str, _Rank] = {}
        self._places: dict[str, int] = {}

    @property
    def is_full(self) -> bool:
        """Whether there are so many problems that advice about further ones helps nobody."""
        return len(self._problems) >= _MOST

    @property
    def lines(self) -> tuple[str, ...]:
        """Problems, by place and line: what was given is not used. `strict` raises for them."""
        return _sorted(self._problems)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is used, or has no effect, in a way that may surprise; by place and line."""
        return _sorted(self._warnings)

    def add(self, origin: str, path: str, text: str) -> None:
        """
        Note a problem.

        Args:
            origin: Place and line it stands at: `otel-agent.yaml:12`.
            path: Path of the setting: `health.port`; empty where there is none.
            text: What was expected, what was found, what to do.
        """
        self._add(self._problems, origin, path, text)

    def warn(self, origin: str, path: str, text: str) -> None:
        """
        Note a surprise.

        Args:
            origin: Place and line it stands at: `otel-agent.yaml:12`.
            path: Path of the setting; empty where there is none.
            text: What happens, and what to do.
        """
        self._add(self._warnings, origin, path, text)

    def _add(self, lines: dict[str, _Rank], origin: str, path: str, text: str) -> None:
        place, _, line = origin.rpartition(":")
        if not line.isdecimal():
            place, line = origin, "0"
        first = next((strength for strength, start in enumerate(_STRONG) if place.startswith(start)), len(_STRONG))
        rank = first, self._places.setdefault(place, len(self._places)), int(line)
        said = ": ".join(part for part in (origin, path, text) if part)
        if len(said) > _LONGEST:
            said = said[: _LONGEST - 1] + "…"
        lines.setdefault(said if said.isprintable() else _printable(said), rank)


def _sorted(lines: dict[str, _Rank]) -> tuple[str, ...]:
    ordered = sorted(lines, key=lines.__getitem__)
    if len(ordered) > _MOST:
        ordered[_MOST:] = [f"and {len(ordered) - _MOST} more like these"]
    return tuple(ordered)


def _printable(text: str) -> str:
    """One line, whatever was in it: a file must not be able to write lines of its own into a log."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
