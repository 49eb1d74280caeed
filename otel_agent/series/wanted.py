"""
Names that rules ask for: they are told apart from the rest however many others there are.

Pure data; `otel_agent.alerts.wanted_names` reads it out of expressions, `processors.spans` counts by it.
"""

import re
from dataclasses import dataclass, field

__all__ = ["WantedNames", "WantedTexts"]


@dataclass(frozen=True)
class WantedTexts:
    """Texts that are asked for, written out or by patterns."""

    names: frozenset[str] = frozenset()
    """Those that are written out."""
    patterns: tuple["re.Pattern[str]", ...] = ()
    """Those that have to match as a whole."""

    def accepts(self, text: str) -> bool:
        """
        Whether somebody asks for a text.

        Args:
            text: A name.
        """
        return text in self.names or any(pattern.fullmatch(text) for pattern in self.patterns)


@dataclass(frozen=True)
class WantedNames:
    """What rules over spans ask for."""

    spans: WantedTexts = field(default_factory=WantedTexts)
    """Names of spans."""
    types: WantedTexts = field(default_factory=WantedTexts)
    """Types of exceptions."""
