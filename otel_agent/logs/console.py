"""
Log records on the terminal: text with colours for people, JSON for machines.

Bytes go to the file descriptor itself where there is one. A thread that is stuck in a full pipe would otherwise hold the
lock of Python's own stream, and the interpreter, which flushes that stream at the end, aborts when it cannot have it.
"""

import os
import select
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from otel_agent import streams
from otel_agent.logs.echoes import Echoes

__all__ = ["Console", "shows_colours"]

_WAIT_S = 1.0
"""Wait for a descriptor that takes nothing before it is tried again, in seconds."""


def shows_colours(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """
    Whether a stream is a terminal that understands colours.

    Args:
        stream: Stream that lines are written to.
        environ: `NO_COLOR` and `TERM=dumb` say no.

    Source: https://no-color.org
    """
    if stream is None or environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return streams.is_terminal(stream)


class Console:
    """Writes to standard error, whatever that is at the moment of writing."""

    name = "console"

    def __init__(self) -> None:
        self.echoes = Echoes()
        """Lines that were written, to be recognised when they come back."""

    def write(self, lines: Sequence[str]) -> int:
        """
        Write whole lines.

        Args:
            lines: Lines with their line breaks.

        Returns:
            How many were written.

        Raises:
            OSError: When the stream is gone or takes no more.
        """
        stream = sys.stderr
        if stream is None:
            return 0
        self.echoes.remember(lines)
        content = "".join(lines)
        descriptor = streams.descriptor(stream)
        if descriptor is None:
            return len(lines) if streams.write(stream, content) else 0
        remaining = memoryview(content.encode("utf-8", "backslashreplace"))
        while remaining:
            try:
                remaining = remaining[os.write(descriptor, remaining) :]
            except BlockingIOError:
                select.select([], [descriptor], [], _WAIT_S)
        return len(lines)

    def reinit_after_fork(self) -> None:
        """Do nothing: the descriptor is shared, and nothing is held."""

    def close(self) -> None:
        """Do nothing: the stream is not ours."""
