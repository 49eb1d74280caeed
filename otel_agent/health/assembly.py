"""
Health as one object: what is watched, and everybody who is told.

    HealthService(settings, read=…, delivery=…, on_change=…)
      ├── monitor     checks, heartbeats, event loops, thresholds, the state of delivery     always
      ├── server      /livez /readyz /startupz /healthz                                      with a port
      ├── probe file  for exec probes                                                        with a path
      └── systemd     READY, STOPPING, WATCHDOG                                              under systemd
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.clock import SYSTEM, Clock
from otel_agent.errors import ConfigurationError
from otel_agent.guard import shared as guard
from otel_agent.health.background_calls import CachedCall, ListenerQueue
from otel_agent.health.registry import CheckRegistry, shared
from otel_agent.health.systemd import Systemd
from otel_agent.late_imports import late_module, load
from otel_agent.outgoing_texts import cleaned

if TYPE_CHECKING:
    from otel_agent.config.sections.health import HealthSettings
    from otel_agent.health import answers, loops, monitor, probe_file, reports, requests, server, thresholds
else:
    # Loaded when the watching begins, `requests` and `server` by an agent with a port, `probe_file` by one with a probe file.
    answers = late_module("otel_agent.health.answers")
    loops = late_module("otel_agent.health.loops")
    monitor = late_module("otel_agent.health.monitor")
    probe_file = late_module("otel_agent.health.probe_file")
    reports = late_module("otel_agent.health.reports")
    requests = late_module("otel_agent.health.requests")
    server = late_module("otel_agent.health.server")
    thresholds = late_module("otel_agent.health.thresholds")

__all__ = ["HealthService"]


class HealthService:
    """
    Everything about health, from its start to its end; see the module. Each method may be called from any thread.

    Args:
        settings: Settings of health.
        read: Returns how much is in use, as ratios from 0 to 1, by "cpu", "memory" and "disk"; may be slow or hang. None:
            thresholds have nothing to go by.
        delivery: Returns what is wrong with the delivery of telemetry, or None; may be slow. None: it is not shown.
        on_change: Called with each change of state, in order, on a thread of its own.
        redact: Takes secrets out of the texts of checks before anybody sees them.
        registry: Checks and heartbeats.
        clock: Clock that says what is due.
        environ: Variables that say whether systemd is to be told; None: those of the process.
    """

    def __init__(
        self,
        settings: "HealthSettings",
        *,
        read: Callable[[], Mapping[str, float]] | None = None,
        delivery: Callable[[], str | None] | None = None,
        on_change: "Callable[[reports.HealthChange], object] | None" = None,
        redact: Callable[[str], str] = str,
        registry: CheckRegistry = shared,
        clock: Clock = SYSTEM,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._settings = settings
        self._read = read
        self._delivery = delivery
        self._redact = redact
        self._registry = registry
        self._clock = clock
        self._systemd = Systemd(os.environ if environ is None else environ)
        self._changes = None if on_change is None else ListenerQueue("changes", on_change)
        self._outside = CachedCall("readings", self._read_outside, "the machine's state could not be read")
        self._file = None if settings.file is None else probe_file.ProbeFileWriter(settings.file, self._content, clock)
        self._build_lock = primitives.Lock()
        """Held while the monitor is built."""
        self._built_monitor: monitor.HealthMonitor | None = None
        self._server: server.HealthServer | None = None
        self._is_started = False
        self._is_drained = False
        self._is_closed = False

    @property
    def port(self) -> int | None:
        """The port the probes are answered on; None without a server."""
        return None if self._server is None else self._server.port

    @property
    def _monitor(self) -> "monitor.HealthMonitor":
        """The monitor, built when it is first needed: a start does not wait for it."""
        if self._built_monitor is None:
            with self._build_lock:
                if self._built_monitor is None:
                    self._built_monitor = self._build_monitor()
            if self._is_started:
                self._built_monitor.started()
            if self._is_drained:
                self._built_monitor.drain()
        return self._built_monitor

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
                self._server = self._start_server(self._settings.port)
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
        if self._built_monitor is not None:
            self._built_monitor.started()
        self._systemd.ready()

    def drain(self) -> None:
        """The end has begun: /readyz turns 503 at once, /livez stays as it is; safe twice."""
        is_first, self._is_drained = not self._is_drained, True
        if self._built_monitor is not None:
            self._built_monitor.drain()
        if is_first:
            self._systemd.stopping()
            if self._file is not None:
                self._file.write()

    def close(self, timeout_s: float = 1.0) -> None:
        """
        End; safe before `start` and twice. Close it last, so that probes are answered as long as the agent lives.

        Args:
            timeout_s: For all of it, in seconds.
        """
        if self._is_closed:
            return
        self._is_closed = True
        if self._built_monitor is not None:
            self._built_monitor.close(timeout_s / 2)
        if self._server is not None:
            self._server.close(timeout_s / 2)
        if self._file is not None:
            self._file.close(timeout_s / 4)

    def report(self) -> "reports.HealthReport":
        """What is known now."""
        return self._monitor.report()

    def status(self) -> dict[str, Any]:
        """What is known now, as plain values: `status`, `live`, `ready`, `components`, `thresholds`, `stalls`, `port`."""
        return {**answers.describe(self.report(), self._redact), "port": self.port}

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
        for part in (self._outside, self._changes, self._file):
            if part is not None:
                part.wait(timeout_s)

    def reinit_after_fork(self) -> None:
        """A forked child has no server and nobody who watches; what it inherited of the sockets is closed."""
        self._registry.reinit_after_fork()
        if self._server is not None:
            self._server.reinit_after_fork()
        self._server = None
        self._build_lock = primitives.Lock()
        self._is_drained = False
        if self._built_monitor is None:
            self._registry = CheckRegistry(self._clock)
            self._is_closed = True
        else:
            self._built_monitor.reinit_after_fork()

    def _build_monitor(self) -> "monitor.HealthMonitor":
        load("otel_agent.health.answers")  # for the first probe, which should not have to wait for it
        has_outside = self._read is not None or self._delivery is not None
        return monitor.HealthMonitor(
            self._registry,
            self._thresholds() if self._read is not None else (),
            self._outside.refresh_and_take if has_outside else lambda: None,
            self._tell,
            self._after_tick,
            self._clock,
            loops.LoopProbe(self._registry, self._settings.loop_within_s, self._clock),
            min(monitor.TICK_S, (self._systemd.watchdog_s or 2 * monitor.TICK_S) / 2),
        )

    def _thresholds(self) -> "list[thresholds.Threshold]":
        settings = self._settings.thresholds
        limits = {"cpu": settings.cpu, "memory": settings.memory, "disk": settings.disk}
        return [
            thresholds.Threshold(
                name,
                limit,
                max(0.0, limit - settings.clear_gap),
                settings.hold_s,
                is_gating=name in settings.gates,
            )
            for name, limit in limits.items()
            if limit is not None
        ]

    def _start_server(self, port: int) -> "server.HealthServer":
        host = self._settings.host
        access = requests.ProbeAccess(self._settings.token, server.names_of(host))
        started = server.HealthServer(self.report, host, port, access, self._redact)
        started.start()
        return started

    def _read_outside(self) -> "reports.OutsideReadings":
        return reports.OutsideReadings(
            ratios={} if self._read is None else self._read(),
            is_delivering=self._delivery is not None,
            delivery_trouble=None if self._delivery is None else self._delivery(),
        )

    def _tell(self, change: "reports.HealthChange") -> None:
        if self._changes is not None:
            self._changes.put(cleaned(change, self._redact))

    def _after_tick(self) -> None:
        if self._changes is not None:
            self._changes.resume()
        if self._file is not None:
            self._file.tick()
        self._systemd.alive_when_due(self._clock.monotonic_s(), lambda: self.report().is_live)

    def _content(self) -> tuple[dict[str, Any], bool]:
        """Content of the probe file, and whether the agent is alive."""
        found = self.report()
        content = {**answers.describe(found, self._redact), "port": self.port, "pid": os.getpid()}
        return content, found.is_live
