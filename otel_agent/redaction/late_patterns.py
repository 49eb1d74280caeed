"""
Patterns that are compiled when a text first needs them.

There are well over a hundred, and compiling all of them takes longer than everything else a short program asks of the
redaction. Most texts need the few of the first look only.
"""

import re
from typing import Any, cast

__all__ = ["late_pattern"]


class _LatePattern:
    """Stands for a compiled pattern, whose methods it takes on when the first of them is asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self.pattern, self._flags)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "sub", "groupindex"):
            self.__dict__.setdefault(method, getattr(compiled, method))
        return getattr(compiled, name)


def late_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """
    What `re.compile` returns, in all that is done with patterns here, without the compiling.

    Args:
        pattern: A regular expression that is right; a wrong one raises where it is first used.
        flags: Those of `re`.
    """
    return cast("re.Pattern[str]", _LatePattern(pattern, flags))
