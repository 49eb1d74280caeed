"""
Lines of our own that come back as messages, where standard error leads back into logging.

Worker frameworks and many programs put a thread behind standard error that logs whatever is written there. What we write to the
terminal would come back as a record, which would be written, and so on without end. So the last lines written are remembered, and
a record that says one of them again is no news. What comes back while it is being written is recognised by `streams.writing`.
"""

import logging
import re
from collections import deque
from collections.abc import Iterable

__all__ = ["Echoes"]

MAX_LINES = 4096
"""Lines remembered, as 8 bytes each: what a console that is hardly read may hold back."""

_JSON = '{"timestamp":"'
_TIME = r"(?:\x1b\[2m)?\d\d:\d\d:\d\d\.\d{3}"


class Echoes:
    """
    Memory of lines. One thread remembers; any may ask.

    Args:
        limit: Lines remembered; at least 1.
    """

    def __init__(self, limit: int = MAX_LINES) -> None:
        self._limit = limit
        self._order: deque[int] = deque()
        self._known: set[int] = set()

    def remember(self, lines: Iterable[str]) -> None:
        """
        Remember what is about to be written.

        Args:
            lines: Lines with their line breaks; one may consist of several.
        """
        for line in lines:
            for each in line.splitlines():
                number = hash(each)
                if number not in self._known:
                    self._known.add(number)
                    self._order.append(number)
        while len(self._order) > self._limit:
            self._known.discard(self._order.popleft())

    def is_echo(self, record: logging.LogRecord) -> bool:
        """
        Whether a record says one of the lines again, alone or behind words of whoever read it.

        Args:
            record: Record of any class.
        """
        if not self._known:
            return False
        if self._is_known(record.msg):
            return True
        arguments = record.args
        return arguments.__class__ is tuple and any(self._is_known(each) for each in arguments or ())

    def _is_known(self, text: object) -> bool:
        if not isinstance(text, str):
            return False
        if text.startswith("    ") and hash(text.rstrip()) in self._known:  # a line of a stack trace
            return True
        begin = text.find(_JSON)
        if begin >= 0:
            return hash(text[begin : text.rfind("}") + 1]) in self._known
        time = re.search(_TIME, text)
        return time is not None and hash(text[time.start() :].rstrip("\r\n")) in self._known
