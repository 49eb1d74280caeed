"""
Whether a word looks as if a machine had made it: letters and digits through each other, as in tokens and generated passwords.

Asked where a name and a value stand side by side without a sign between them, so that only what the value looks like tells
`token 7fQx2LmZ9k expired` from `token refresh failed`.
"""

from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["is_opaque"]

MIN_CHARS = 8
"""Shorter words say nothing."""

MAX_CHARS = 512
"""Characters that are looked at."""

_PIECE = late_pattern(r"(?a)[0-9A-Za-z+=]{8,}+")
"""What ids and versions are put together of with hyphens and dots is shorter."""

_CHANGE = late_pattern(r"[A-Za-z+](?=[0-9])|[0-9](?=[A-Za-z+])")
_HEX = late_pattern(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_KNOWN = late_pattern(
    r"(?a)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0x[0-9a-fA-F]{40}|\d{8}T\d{4,9}Z?|\d+|[+-]?\d+\.\d+(?:e[+-]?\d+)?|\w+\.py\S*"
)
"""UUIDs, addresses of a chain, times, numbers."""

_MANY_CHANGES = 3


def is_opaque(text: str) -> bool:
    """
    Whether a text is one word that looks made by a machine.

    Args:
        text: A word.
    """
    if len(text) < MIN_CHARS or _KNOWN.fullmatch(text) is not None:
        return False
    for piece in _PIECE.findall(text[:MAX_CHARS]):
        changes = len(_CHANGE.findall(piece))
        is_mixed = changes and not piece.islower() and not piece.isupper()
        if is_mixed or changes >= _MANY_CHANGES or _HEX.fullmatch(piece) is not None:
            return True
    return False
