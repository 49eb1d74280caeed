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
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otel_agent.clock import SYSTEM, Clock
from otel_agent.errors import ConfigurationError
from otel_agent.guard import shared as guard
from otel_agent.health.background import ChangeListener, LatestAnswer
from otel_agent.health.registry import CheckRegistry, shared
from otel_agent.health.settings import LOOP_WITHIN_S, HealthSettings, ThresholdSettings
from otel_agent.health.systemd import Systemd
from otel_agent.late_imports import load
from otel_agent.outgoing_texts import cleaned

if TYPE_CHECKING:
    # Loaded when the watching begins, and the server by an agent with a port.
    from otel_agent.health.monitor import Change, HealthMonitor, Outside, Report
    from otel_agent.health.probe_file import ProbeFile
    from otel_agent.health.server import HealthServer
    from otel_agent.health.thresholds import Threshold

__all__ = ["HealthService"]

FILE_S = 2.0
"""How often the probe file is brought up to date, in seconds."""


class HealthService:
    """Everything about health, from its start to its end; see the module. Each method may be called from any thread."""

    def __init__(
        self,
        settings: HealthSettings,
        *,
        read: Callable[[], Mapping[str, float]] | None = None,
        delivery: Callable[[], str | None] | None = None,
        on_change: "Callable[[Change], object] | None" = None,
        redact: Callable[[str], str] = str,
        registry: CheckRegistry = shared,
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
        self._changes = None if on_change is None else ChangeListener("changes", on_change)
        self._outside = LatestAnswer("readings", lambda: _read(read, delivery), "the machine's state could not be read")
        self._file = None if settings.file is None else _probe_file(settings.file)
        self._writing = LatestAnswer("file", self._write, f"the health file {settings.file} could not be written")
        self._written_at_s = self._alive_at_s = float("-inf")
        self._has_outside = read is not None or delivery is not None
        self._has_readings = read is not None
        self._loop_within_s = loop_within_s
        self._turn = threading.Lock()
        self._made: HealthMonitor | None = None
        self._server: HealthServer | None = None
        self._is_started = False
        self._is_drained = False
        self._is_closed = False

    @property
    def port(self) -> int | None:
        """The port the probes are answered on; None without a server."""
        return None if self._server is None else self._server.port

    @property
    def _monitor(self) -> "HealthMonitor":
        """What watches, built when it is first needed: a start does not wait for it."""
        if self._made is None:
            with self._turn:
                if self._made is None:
                    self._made = self._new_monitor()
            if self._is_started:
                self._made.started()
            if self._is_drained:
                self._made.drain()
        return self._made

    def start(self, *, strict: bool = False, is_watching: bool = True) -> None:
        """
        Begin to watch and to answer; a second call does nothing.

        Args:
            strict: Whether a port that cannot be had is the caller's problem. Otherwise it is said once, and everything else
                works.
            is_watching: Whether to watch at once. Otherwise `watch` is called later.

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
        if is_watching:
            self.watch()

    def watch(self) -> None:
        """Begin to watch; does nothing the second time, after `close`, and in a forked child."""
        if not self._is_closed:
            self._monitor.start()

    def started(self) -> None:
        """The agent is set up: /startupz turns 200, /readyz too unless something is wrong, systemd is told."""
        self._is_started = True
        if self._made is not None:
            self._made.started()
        self._systemd.ready()

    def drain(self) -> None:
        """The end has begun: /readyz turns 503 at once, /livez stays as it is; safe twice."""
        is_first, self._is_drained = not self._is_drained, True
        if self._made is not None:
            self._made.drain()
        if is_first:
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
        if self._made is not None:
            self._made.close(timeout_s / 2)
        if self._server is not None:
            self._server.close(timeout_s / 2)
        if self._file is not None and self._writing.wait(timeout_s / 4):
            self._file.remove()

    def report(self) -> "Report":
        """What is known now."""
        return self._monitor.report()

    def status(self) -> dict[str, Any]:
        """What is known now, as plain values: `status`, `live`, `ready`, `components`, `thresholds`, `stalls`, `port`."""
        return {**_described(self.report(), self._redact), "port": self.port}

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
        self._turn = threading.Lock()
        if self._made is None:
            self._registry = CheckRegistry(self._clock)
            self._is_closed = True
        else:
            self._made.reinit_after_fork()

    def _new_monitor(self) -> "HealthMonitor":
        """Loaded here: see the top."""
        load("otel_agent.health.answers")
        from otel_agent.health.loops import LoopProbe
        from otel_agent.health.monitor import TICK_S, HealthMonitor

        return HealthMonitor(
            self._registry,
            _thresholds(self._settings.thresholds) if self._has_readings else (),
            self._outside.fresh if self._has_outside else lambda: None,
            self._tell,
            self._after_tick,
            self._clock,
            LoopProbe(self._registry, self._loop_within_s, self._clock),
            min(TICK_S, (self._systemd.watchdog_s or 2 * TICK_S) / 2),
        )

    def _new_server(self, port: int) -> "HealthServer":
        from otel_agent.health.requests import Asking  # see the top
        from otel_agent.health.server import HealthServer

        names: set[str] = {self._settings.host.lower()}
        with suppress(OSError):
            names.add(socket.gethostname().lower())
        server = HealthServer(
            self.report, self._settings.host, port, Asking(self._settings.token, frozenset(names)), self._redact
        )
        server.start()
        return server

    def _tell(self, change: "Change") -> None:
        if self._changes is not None:
            self._changes.tell(cleaned(change, self._redact))

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
            content = {**_described(report, self._redact), "port": self.port, "pid": os.getpid()}
            self._file.write(content, is_live=report.is_live, wall_s=self._clock.wall_ns() / 1e9)


def _read(read: Callable[[], Mapping[str, float]] | None, delivery: Callable[[], str | None] | None) -> "Outside":
    from otel_agent.health.monitor import Outside  # see the top

    return Outside(
        readings={} if read is None else read(),
        is_delivering=delivery is not None,
        trouble=None if delivery is None else delivery(),
    )


def _described(report: "Report", redact: Callable[[str], str]) -> dict[str, Any]:
    from otel_agent.health.answers import describe  # see the top

    return describe(report, redact)


def _probe_file(path: str) -> "ProbeFile":
    from otel_agent.health.probe_file import ProbeFile  # few agents have one

    return ProbeFile(Path(path))


def _thresholds(settings: ThresholdSettings) -> "list[Threshold]":
    from otel_agent.health.thresholds import Threshold  # see the top

    limits = {"cpu": settings.cpu, "memory": settings.memory, "disk": settings.disk}
    return [
        Threshold(name, limit, max(0.0, limit - settings.clear_gap), settings.hold_s)
        for name, limit in limits.items()
        if limit is not None
    ]
