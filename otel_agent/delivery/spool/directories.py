"""
Directories of the spool, and who owns them.

    <directory>/<service>-<hash>/                      one per service
        01763978400000000000-4242-a1b2c3d4/            one per process, made when it first writes
            owner                                      locked by the process for as long as it lives
            traces-00000001.seg  traces-00000001.ack
        quarantine/                                    records no receiver took, a bounded number

Ownership is a lock of the system's on `owner`, not a process id and not a time: when the process is gone, however it went,
the lock is free, and whoever takes it owns everything beside it. A directory is made under a hidden name, locked, and then
named, so nobody finds one that is not locked yet.

What others could have written is not trusted: directories belong to us and are closed to others (0700), links are not
followed, and only names of our own pattern are touched.
"""

import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

__all__ = [
    "OWNER",
    "QUARANTINE",
    "ProcessDirectory",
    "adopt_directory",
    "default_directory",
    "make_private_directory",
    "make_process_directory",
    "process_directories",
    "remove_unfinished",
    "segment_signal",
    "service_directory",
]

DIRECTORY_MODE = 0o700
QUARANTINE = "quarantine"
OWNER = "owner"
"""The file whose lock says whose a directory is."""

_NAME = re.compile(r"\d{20}-\d+-[0-9a-f]{8}")
_SEGMENT = re.compile(r"(?P<signal>traces|metrics|logs)-\d{8}\.seg")
_FOREIGN_BITS = stat.S_IWGRP | stat.S_IWOTH


class ProcessDirectory:
    """
    The directory of one process, ours for as long as `fd` is open.

    Args:
        path: The directory.
        fd: Its `owner` file, open and locked.
    """

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd
        self._number = 0

    def new_segment(self, signal: str) -> Path:
        """
        Path of the next segment, behind those that were asked for before.

        Args:
            signal: "traces", "metrics" or "logs".
        """
        self._number += 1
        return self.path / f"{signal}-{self._number:08d}.seg"

    def segments(self) -> list[tuple[str, Path]]:
        """Signal and path of every segment, oldest first."""
        found = []
        with os.scandir(self.path) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                signal = segment_signal(entry.name)
                if signal is not None and entry.is_file(follow_symlinks=False):
                    found.append((signal, Path(entry.path)))
        return found

    def release(self) -> None:
        """Stop owning; the directory goes when nothing of value is in it. Safe twice."""
        if self.fd < 0:
            return
        # Removed while still locked, so that nobody can take it over in between.
        if not _has_segments(self.path):
            for name in _leftovers(self.path):
                with suppress(OSError):
                    (self.path / name).unlink()
            with suppress(OSError):
                self.path.rmdir()
        self.forget()

    def forget(self) -> None:
        """Close the lock's file without touching the directory: in a forked child it is the parent's."""
        if self.fd >= 0:
            with suppress(OSError):
                os.close(self.fd)
            self.fd = -1


def segment_signal(name: str) -> str | None:
    """
    The signal that a segment holds, from the name of its file.

    Args:
        name: File name.

    Returns:
        "traces", "metrics" or "logs"; `None` when it is no segment.
    """
    match = _SEGMENT.fullmatch(name)
    return match["signal"] if match else None


def default_directory(environ: Mapping[str, str]) -> Path | None:
    """
    The user's own directory for spools.

    Args:
        environ: Environment of the process.

    Returns:
        Below `XDG_STATE_HOME` or `~/.local/state`, or `None` when the user has no home.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/
    """
    state = environ.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return Path(state) / "otel-agent" / "spool"
    try:
        home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    except RuntimeError:
        return None
    return home / ".local" / "state" / "otel-agent" / "spool" if home.is_absolute() else None


def service_directory(directory: Path, service: str) -> Path:
    """
    Where one service's telemetry waits; no two services share one, whatever they are called.

    Args:
        directory: Directory of the spools of all services.
        service: Name of the service.
    """
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "_", service)[:40].strip(".") or "service"
    digest = hashlib.sha256(service.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    return directory / f"{readable}-{digest}"


def make_private_directory(directory: Path) -> None:
    """
    Make a directory with its parents, for us alone, and see that it is.

    Args:
        directory: Directory to be made.

    Raises:
        OSError: It cannot be made, belongs to somebody else, or others could change it.
    """
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(20, "not a directory of ours", str(directory))
    if found.st_uid != os.geteuid():
        raise PermissionError(1, "it belongs to another user", str(directory))
    if found.st_mode & _FOREIGN_BITS:
        raise PermissionError(1, "others may write to it", str(directory))
    for parent in directory.resolve().parents:
        mode = parent.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise PermissionError(1, f"others may replace it, because {parent} is open to all", str(directory))


def make_process_directory(service: Path, wall_ns: int) -> ProcessDirectory:
    """
    A new directory for this process.

    Args:
        service: Directory of the service, see `service_directory`; made if need be.
        wall_ns: Now, nanoseconds since 1970; directories are adopted in this order.

    Raises:
        OSError: The disk failed or is not ours.
    """
    make_private_directory(service)
    name = f"{wall_ns:020d}-{os.getpid()}-{os.urandom(4).hex()}"
    hidden = service / f".{name}"
    hidden.mkdir(mode=DIRECTORY_MODE)
    fd = os.open(hidden / OWNER, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hidden.rename(service / name)
    except OSError:
        os.close(fd)
        raise
    return ProcessDirectory(service / name, fd)


def process_directories(service: Path, known: set[Path]) -> list[Path]:
    """
    Directories of processes, oldest first; those that may have no owner any more are tried with `adopt_directory`.

    Args:
        service: Directory of the service, see `service_directory`.
        known: Directories to be left out, because they are ours already.
    """
    try:
        with os.scandir(service) as entries:
            return sorted(
                Path(entry.path)
                for entry in entries
                if _NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False) and Path(entry.path) not in known
            )
    except OSError:
        return []


def remove_unfinished(service: Path, before_s: float) -> None:
    """
    Remove directories whose process died in the very moment of making them.

    Args:
        service: Directory of the service, see `service_directory`.
        before_s: Seconds since 1970; those that are younger may still be in the making.
    """
    with suppress(OSError):
        for path in service.iterdir():
            if path.name.startswith(".") and _NAME.fullmatch(path.name[1:]) and path.lstat().st_mtime < before_s:
                with suppress(OSError):
                    (path / OWNER).unlink(missing_ok=True)
                    path.rmdir()


def adopt_directory(path: Path) -> ProcessDirectory | None:
    """
    Own a directory whose process is gone.

    Args:
        path: One of `process_directories`.

    Returns:
        `None` when its process lives, somebody else was faster, or it is not ours to take.
    """
    try:
        if path.lstat().st_uid != os.geteuid():
            return None
        fd = os.open(path / OWNER, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(fd).st_nlink == 0:  # its owner removed it between our opening and our locking
            raise FileNotFoundError(path)
    except OSError:
        os.close(fd)
        return None
    return ProcessDirectory(path, fd)


def _has_segments(path: Path) -> bool:
    try:
        return any(_SEGMENT.fullmatch(entry.name) for entry in path.iterdir())
    except OSError:
        return True


def _leftovers(path: Path) -> list[str]:
    try:
        names = [entry.name for entry in path.iterdir()]
    except OSError:
        return []
    # The lock's file goes last.
    return sorted((name for name in names if name == OWNER or name.endswith(".ack")), key=lambda name: name == OWNER)
