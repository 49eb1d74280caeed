"""
A real program of somebody else, for as long as a test runs it.

It runs in a folder of the test's, with its log in a file there. It is started when its own readiness page says so, ended by its
process id, and can be killed and started again on the same ports.
"""

import json
import os
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from waiting import until

ROOT = Path(__file__).parents[2]


def program(*names: str) -> str:
    """A program in build/ or on the path, by any of its names; without it the test fails in CI, and is skipped elsewhere."""
    path = f"{ROOT / 'build'}{os.pathsep}{os.environ['PATH']}"
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    if found is None:
        message = f"needs {names[0]}: make e2e builds or installs it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def get_json(url: str, **parameters: str) -> Any:
    """The JSON behind a URL."""
    query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
    with urllib.request.urlopen(url + query, timeout=20) as answer:
        return json.load(answer)


class Server:
    """A program that runs while a test does."""

    running: list["Server"] = []
    """All that were started and not stopped; their logs are shown when a test fails."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, ready_url: str, environ: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = list(command)
        self._folder = folder
        self._ready_url = ready_url
        self._environ = {**os.environ, **(environ or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        Server.running.append(self)
        is_ready = until(self._is_ready_or_over) and self._process.poll() is None
        assert is_ready, f"{self.name} does not start:\n{self.tail()}"

    def stop(self, *, kill: bool = False) -> None:
        """End it: politely, then not; or at once."""
        process, self._process = self._process, None
        if process is None:
            return
        Server.running.remove(self)
        if not kill:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                pass
            else:
                return
        process.kill()
        process.wait(20)

    def tail(self, size: int = 4000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    def _is_ready_or_over(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            return True
        try:
            with urllib.request.urlopen(self._ready_url, timeout=5):
                return True
        except OSError:
            return False


@contextmanager
def started(server: Server) -> Iterator[None]:
    """Run a server for as long as the block."""
    try:
        server.start()
        yield
    finally:
        server.stop()
