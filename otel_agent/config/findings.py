"""What is wrong with a set-up, collected while everything else goes on."""

__all__ = ["Findings"]

_Rank = tuple[int, int]
"""Of a place, in the order in which places were met, and a line."""


class Findings:
    """Lines for people; the same line is kept once."""

    def __init__(self) -> None:
        """Begin without any."""
        self._problems: dict[str, _Rank] = {}
        self._warnings: dict[str, _Rank] = {}
        self._places: dict[str, int] = {}

    @property
    def problems(self) -> tuple[str, ...]:
        """Mistakes, by place and line: what was given is not used. `strict` raises for them."""
        return tuple(sorted(self._problems, key=self._problems.__getitem__))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is used, or has no effect, in a way that may surprise; by place and line."""
        return tuple(sorted(self._warnings, key=self._warnings.__getitem__))

    def mistake(self, origin: str, path: str, text: str) -> None:
        """
        Note a mistake.

        Args:
            origin: Where it stands: `otel-agent.yaml:12`.
            path: The setting: `health.port`; empty where there is none.
            text: What was expected, what was found, what to do.
        """
        self._add(self._problems, origin, path, text)

    def warning(self, origin: str, path: str, text: str) -> None:
        """
        Note a surprise.

        Args:
            origin: See `mistake`.
            path: See `mistake`.
            text: What happens, and what to do.
        """
        self._add(self._warnings, origin, path, text)

    def _add(self, lines: dict[str, _Rank], origin: str, path: str, text: str) -> None:
        place, _, line = origin.rpartition(":")
        if not line.isdigit():
            place, line = origin, "0"
        rank = self._places.setdefault(place, len(self._places)), int(line)
        said = ": ".join(part for part in (origin, path, text) if part)
        lines.setdefault(said if said.isprintable() else _printable(said), rank)


def _printable(text: str) -> str:
    """One line, whatever was in it: a file must not be able to write lines of its own into a log."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
