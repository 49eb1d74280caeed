"""
Health as one object: what is watched, and everybody who is told.

    Health(settings, read=…, delivery=…, on_change=…)
      ├── monitor     checks, heartbeats, event loops, thresholds, the state of delivery     always
      ├── server      /livez /readyz /startupz /healthz                                      with a port
      ├── probe file  for exec probes                                                        with a path
      └── systemd     READY, STOPPING, WATCHDOG                                              under systemd
"""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otel_agent.clock import SYSTEM, Clock
from otel_agent.errors import ConfigurationError
from otel_agent.guard import shared as guard
from otel_agent.health.answers import describe
from otel_agent.health.aside import Latest, Told
from otel_agent.health.loops import LOOP_WITHIN_S, LoopProbe
from otel_agent.health.monitor import TICK_S, Change, HealthMonitor, Outside, Report
from otel_agent.health.probe_file import ProbeFile
from otel_agent.health.registry import Registry, shared
from otel_agent.health.requests import Asking
from otel_agent.health.settings import HealthSettings, ThresholdSettings
from otel_agent.health.systemd import Systemd
from otel_agent.health.thresholds import Threshold

if TYPE_CHECKING:
    from otel_agent.health.server import HealthServer  # loads asyncio; only an agent with a port needs it

__all__ = ["Health"]

FILE_S = 2.0
"""How often the probe file is brought up to date, in seconds."""


class Health:
    """Everything about health, from its start to its end; see the module. Each method may be called from any thread."""

    def __init__(
        self,
        settings: HealthSettings,
        *,
        read: Callable[[], Mapping[str, float]] | None = None,
        delivery: Callable[[], str | None] | None = None,
        on_change: Callable[[Change], object] | None = None,
        redact: Callable[[str], str] = str,
        registry: Registry = shared,
        clock: Clock = SYSTEM,
        loop_within_s: float = LOOP_WITHIN_S,
    ) -> None:
        """
        Put the parts together; nothing runs yet.

        Args:
            settings: See `config`.
            read: Returns how much is in use, as ratios from 0 to 1, by "cpu", "memory" and "disk"; may be slow or hang. None:
                thresholds have nothing to go by.
            delivery: Returns what is wrong with the delivery of telemetry, or None; may be slow. None: it is not shown.
            on_change: Called with each change of state, in order, on a thread of its own.
            redact: Takes secrets out of the texts of checks before anybody sees them.
            registry: Checks and heartbeats.
            clock: For tests.
            loop_within_s: How long an event loop may be blocked before the agent counts as stuck, in seconds.
        """
        self._settings = settings
        self._redact = redact
        self._registry = registry
        self._clock = clock
        self._systemd = Systemd(os.environ)
        self._changes = None if on_change is None else Told("changes", on_change)
        self._outside = Latest("readings", lambda: _read(read, delivery), "the machine's state could not be read")
        self._file = None if settings.file is None else ProbeFile(Path(settings.file))
        self._writing = Latest("file", self._write, f"the health file {settings.file} could not be written")
        self._written_at_s = self._alive_at_s = float("-inf")
        self._monitor = HealthMonitor(
            registry,
            _thresholds(settings.thresholds) if read is not None else (),
            self._outside.fresh if read is not None or delivery is not None else lambda: None,
            self._tell,
            self._after_tick,
            clock,
            LoopProbe(registry, loop_within_s, clock),
            min(TICK_S, (self._systemd.watchdog_s or 2 * TICK_S) / 2),
        )
        self._server: HealthServer | None = None
        self._is_drained = False
        self._is_closed = False

    @property
    def port(self) -> int | None:
        """The port the probes are answered on; None without a server."""
        return None if self._server is None else self._server.port

    def start(self, *, strict: bool = False) -> None:
        """
        Begin to watch and to answer; a second call does nothing.

        Args:
            strict: Whether a port that cannot be had is the caller's problem. Otherwise it is said once, and everything else
                works.

        Raises:
            ConfigurationError: Strict, and the address cannot be listened on.
        """
        if self._server is None and self._settings.port is not None:
            try:
                self._server = self._new_server(self._settings.port)
            except ConfigurationError as error:
                if strict:
                    raise
                guard.report("health.server", f"{error}; the agent runs without probes")
        self._monitor.start()

    def started(self) -> None:
        """The agent is set up: /startupz turns 200, /readyz too unless something is wrong, systemd is told."""
        self._monitor.started()
        self._systemd.ready()

    def drain(self) -> None:
        """The end has begun: /readyz turns 503 at once, /livez stays as it is; safe twice."""
        self._monitor.drain()
        if not self._is_drained:
            self._is_drained = True
            self._systemd.stopping()
            self._write_file()

    def close(self, timeout_s: float = 1.0) -> None:
        """
        End; safe before `start` and twice. Close it last, so that probes are answered as long as the agent lives.

        Args:
            timeout_s: For all of it, in seconds.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self._monitor.close(timeout_s / 2)
        if self._server is not None:
            self._server.close(timeout_s / 2)
        if self._file is not None and self._writing.wait(timeout_s / 4):
            self._file.remove()

    def report(self) -> Report:
        """What is known now."""
        return self._monitor.report()

    def status(self) -> dict[str, Any]:
        """What is known now, as plain values: `status`, `live`, `ready`, `components`, `thresholds`, `stalls`, `port`."""
        return {**describe(self.report(), self._redact), "port": self.port}

    def states(self) -> dict[str, str]:
        """The state of each component and threshold by name, and of the whole as "overall"."""
        return {name: state.value for name, (state, _) in self.report().states().items()}

    def durations_s(self) -> dict[str, float]:
        """How long the last run of each check took, by name, in seconds."""
        return {
            component.name: component.duration_s
            for component in self.report().components
            if component.is_check and component.checked_at_s is not None
        }

    def tick(self) -> None:
        """One round of the monitor, by hand: for tests."""
        self._monitor.tick()

    def settle(self, timeout_s: float = 5.0) -> None:
        """
        Wait for what runs beside the monitor: for tests.

        Args:
            timeout_s: At most, for each part, in seconds.
        """
        for part in (self._outside, self._changes, self._writing):
            if part is not None:
                part.wait(timeout_s)

    def reinit_after_fork(self) -> None:
        """A forked child has no server and nobody who watches; what it inherited of the sockets is closed."""
        self._registry.reinit_after_fork()
        if self._server is not None:
            self._server.reinit_after_fork()
        self._server = None
        self._monitor.reinit_after_fork()

    def _new_server(self, port: int) -> "HealthServer":
        from otel_agent.health.server import HealthServer  # see the top

        names: set[str] = {self._settings.host.lower()}
        with suppress(OSError):
            names.add(socket.gethostname().lower())
        server = HealthServer(
            self.report, self._settings.host, port, Asking(self._settings.token, frozenset(names)), self._redact
        )
        server.start()
        return server

    def _tell(self, change: Change) -> None:
        if self._changes is not None:
            self._changes.tell(Change(change.name, change.before, change.after, self._redact(change.message)))

    def _after_tick(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._written_at_s >= FILE_S:
            self._written_at_s = now_s
            self._write_file()
        watchdog_s = self._systemd.watchdog_s
        if watchdog_s is not None and now_s - self._alive_at_s >= watchdog_s and self.report().is_live:
            self._alive_at_s = now_s
            self._systemd.alive()

    def _write_file(self) -> None:
        if self._file is not None:
            self._writing.ask()

    def _write(self) -> None:
        if self._file is not None:
            report = self.report()
            content = {**describe(report, self._redact), "port": self.port, "pid": os.getpid()}
            self._file.write(content, is_live=report.is_live, wall_s=self._clock.wall_ns() / 1e9)


def _read(read: Callable[[], Mapping[str, float]] | None, delivery: Callable[[], str | None] | None) -> Outside:
    return Outside(
        readings={} if read is None else read(),
        is_delivering=delivery is not None,
        trouble=None if delivery is None else delivery(),
    )


def _thresholds(settings: ThresholdSettings) -> list[Threshold]:
    limits = {"cpu": settings.cpu, "memory": settings.memory, "disk": settings.disk}
    return [
        Threshold(name, limit, max(0.0, limit - settings.clear_gap), settings.hold_s)
        for name, limit in limits.items()
        if limit is not None
    ]
