"""
Notifications to systemd: the agent is ready, alive, stopping.

Source: sd_notify(3). Messages go to the datagram socket named by NOTIFY_SOCKET; without it, nothing is sent.
"""

import os
import socket
from collections.abc import Callable, Mapping

from otel_agent.guard import shared as guard

__all__ = ["Systemd"]


class Systemd:
    """
    Sends messages to the service manager, if there is one. Never blocks: a full socket loses the message.

    Args:
        environ: Environment variables; NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID count.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        path = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path if path.startswith("/") else None
        self._pid = os.getpid()
        self.watchdog_s = _watchdog_s(environ) if self._address is not None else None
        """How often systemd wants a sign of life, in seconds: half of what it waits for. None: it does not."""
        self._alive_at_s = float("-inf")

    def ready(self) -> None:
        """The set-up has ended: `systemctl start` of a Type=notify service returns."""
        self.send("READY=1")

    def stopping(self) -> None:
        """The end has begun."""
        self.send("STOPPING=1")

    def alive(self) -> None:
        """A sign of life for WatchdogSec=."""
        self.send("WATCHDOG=1")

    def alive_when_due(self, now_s: float, is_live: Callable[[], bool]) -> None:
        """
        Give a sign of life when systemd wants one.

        Args:
            now_s: The time now, on the monotonic clock, in seconds.
            is_live: Whether the agent is alive; asked only when a sign is due.
        """
        if self.watchdog_s is not None and now_s - self._alive_at_s >= self.watchdog_s and is_live():
            self._alive_at_s = now_s
            self.alive()

    def send(self, text: str) -> None:
        """
        Send a message; a forked child sends none.

        Args:
            text: Assignments, one `NAME=value` a line.
        """
        if self._address is None or self._pid != os.getpid():
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(text.encode(), self._address)
        except OSError as error:
            guard.report("health.systemd", "systemd could not be told how the agent is", error)


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    wait, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not wait.isdecimal() or int(wait) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(wait) / 1e6 / 2
