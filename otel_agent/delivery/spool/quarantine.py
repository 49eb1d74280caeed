"""
Records that a receiver refused each on its own, put apart so that somebody can look at them.

Each is two files beside each other: the request, and what the receiver said about it. There are never more than
`MAX_RECORDS`; the oldest goes.
"""

import os
from contextlib import suppress
from pathlib import Path

from otel_agent.delivery.files import write_all
from otel_agent.delivery.spool.directories import QUARANTINE, make_private_directory
from otel_agent.delivery.spool.segments import FILE_MODE

__all__ = ["MAX_RECORDS", "put_apart"]

MAX_RECORDS = 100
MAX_BYTES = 1 << 20
"""Of a larger record, nothing but the receiver's words is kept."""


def put_apart(service: Path, signal: str, body: bytes, words: str, wall_ns: int) -> None:
    """
    Keep a record and what was said about it.

    Args:
        service: Directory of the service.
        signal: "traces", "metrics" or "logs".
        body: The bytes of a request with this record.
        words: What the receiver said.
        wall_ns: Now, nanoseconds since 1970.

    Raises:
        OSError: The disk failed.
    """
    directory = service / QUARANTINE
    make_private_directory(directory)
    name = f"{wall_ns:020d}-{os.getpid()}-{signal}"
    _write(directory / f"{name}.txt", words.encode("utf-8", "backslashreplace"))
    if len(body) <= MAX_BYTES:
        _write(directory / f"{name}.pb", body)
    for path in sorted(directory.glob("*.txt"))[:-MAX_RECORDS]:
        for each in (path, path.with_suffix(".pb")):
            with suppress(OSError):
                each.unlink()


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(path, flags, FILE_MODE)
    try:
        write_all(fd, content)
    finally:
        os.close(fd)
