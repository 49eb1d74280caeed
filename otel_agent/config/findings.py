"""What is wrong with a set-up, collected while everything else goes on."""

from msgspec import Struct

__all__ = ["Findings"]


class Findings(Struct):
    """Lines for people, in the order they were found; the same line is kept once."""

    problems: list[str] = []
    """Mistakes: what was given is not used. `strict` raises for them."""
    warnings: list[str] = []
    """What is used, or has no effect, in a way that may surprise."""

    def mistake(self, origin: str, path: str, text: str) -> None:
        """
        Note a mistake.

        Args:
            origin: Where it stands: `otel-agent.yaml:12`.
            path: The setting: `health.port`; empty where there is none.
            text: What was expected, what was found, what to do.
        """
        _add(self.problems, origin, path, text)

    def warning(self, origin: str, path: str, text: str) -> None:
        """
        Note a surprise.

        Args:
            origin: See `mistake`.
            path: See `mistake`.
            text: What happens, and what to do.
        """
        _add(self.warnings, origin, path, text)


def _add(lines: list[str], origin: str, path: str, text: str) -> None:
    line = ": ".join(part for part in (origin, path, text) if part)
    if line not in lines:
        lines.append(line)
