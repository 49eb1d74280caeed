"""Writing to files that others rely on: all of it or nothing."""

import os
from contextlib import suppress

__all__ = ["append_all", "write_all"]


def write_all(fd: int, content: bytes) -> None:
    """
    Write everything, also where the system takes it in pieces.

    Args:
        fd: An open file.
        content: To be written.

    Raises:
        OSError: The disk failed; a part may be written.
    """
    written = os.write(fd, content)
    while written < len(content):
        written += os.write(fd, memoryview(content)[written:])


def append_all(fd: int, content: bytes, end: int) -> None:
    """
    Append everything, or leave the file as it was.

    Args:
        fd: A file opened for appending.
        content: To be written.
        end: Size of the file now, in bytes.

    Raises:
        OSError: The disk failed; what was written of it is cut off again.
    """
    try:
        write_all(fd, content)
    except OSError:
        with suppress(OSError):
            os.ftruncate(fd, end)
        raise
