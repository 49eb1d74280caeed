"""`Telemetry`: what `init` gives back."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from numbers import Real
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from otel_agent.arguments import with_known_names
from otel_agent.clock import monotonic_s
from otel_agent.config.model import Config
from otel_agent.delivery.accounting import Delivery
from otel_agent.guard import shared as guard
from otel_agent.health.assembly import HealthService
from otel_agent.instruments import threads
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.last_exception import last_exception
from otel_agent.lifecycle.tasks import Task
from otel_agent.outgoing_texts import cleaned

if TYPE_CHECKING:
    import asyncio

    from otel_agent.alerts import engine
    from otel_agent.insight import memory
    from otel_agent.insight.findings import Finding
    from otel_agent.series import store
    from otel_agent.telemetry import unobserved
    from otel_agent.telemetry.parts import Parts
    from otel_agent.telemetry.reloading import Reloading
else:
    asyncio = late_module("asyncio")
    engine = late_module("otel_agent.alerts.engine")
    memory = late_module("otel_agent.insight.memory")
    store = late_module("otel_agent.series.store")
    unobserved = late_module("otel_agent.telemetry.unobserved")

__all__ = ["Telemetry"]

FLUSH_S = 10.0
"""Longest time `flush` takes when nothing else is said, in seconds."""
_LONGEST_S = 86_400.0
"""Longer than a day, or for ever, is a day: no clock and no lock takes more than some years."""

_Default = TypeVar("_Default", float, None)


class Telemetry:
    """
    A running instrumentation; made by `otel_agent.init`.

    A context manager, sync and async: leaving it is `shutdown`. Nothing here raises into the agent.

    Args:
        config: The configuration it was made from.
        parts: Everything that runs; `None` when the package is disabled or could not be started.
        problems: What of the set-up was left out, and why.
        reloading: How the configuration is read again; `None` when the package is disabled.
    """

    def __init__(
        self,
        config: Config,
        parts: "Parts | None",
        problems: Sequence[str] = (),
        reloading: "Reloading | None" = None,
    ) -> None:
        self.config = config
        self.problems = tuple(problems)
        self._parts = parts
        self._reloading = reloading
        self._ended: Delivery | None = None
        self._no_rules: engine.AlertEngine | None = None
        self._idle_health: HealthService | None = None

    @property
    def is_running(self) -> bool:
        """Whether it observes: not disabled, and not shut down yet."""
        return self._parts is not None and self._parts.lifecycle.is_running()

    @property
    def alerts(self) -> "engine.AlertEngine":
        """The rules: `active()`, `acknowledge(…)`, `on_change(…)`, `evaluate(…)`."""
        if self._parts is not None and self._parts.alerting is not None:
            return self._parts.alerting.engine
        if self._no_rules is None:
            self._no_rules = engine.AlertEngine((), store.Store())
        return self._no_rules

    @property
    def health(self) -> HealthService:
        """Checks and their states: `report()`, `status()`, `port`. Of telemetry that does not run: healthy, and without a check."""
        if self._parts is not None:
            return self._parts.health
        if self._idle_health is None:
            self._idle_health = unobserved.build_idle_health(self.config)
        return self._idle_health

    @with_known_names
    def query(self, expression: str, at_s: float | None = None) -> list[tuple[dict[str, str], float]]:
        """
        Ask the recent past in PromQL: metrics are kept each second, as many as fit into `metrics.keep_bytes`.

        Never raises: what has no answer, or cannot be understood, is `[]`, and a line of the logger `otel_agent` says why, once.

        Args:
            expression: In the subset that rules have; see the reference page on PromQL.
            at_s: The moment, in seconds since 1970; `None` for the present one.

        Returns:
            Labels and value of each element; a scalar has no labels.
        """
        parts = self._parts
        if parts is None or parts.recent_past is None:
            return self._nothing_kept("query")
        return parts.recent_past.query(expression, parts.now_ns() / 1e9 if at_s is None else at_s)

    @with_known_names
    def query_range(
        self,
        expression: str,
        start_s: float | None = None,
        end_s: float | None = None,
        step_s: float | None = None,
    ) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
        """
        Ask the recent past along a range of moments, as for a picture. Never raises, as `query`.

        Args:
            expression: In the subset that rules have.
            start_s: First moment, in seconds since 1970; `None`: an hour before the end, or where what is kept begins; the
                points are counted back from the end then.
            end_s: Moment that no point is later than, in seconds since 1970; `None` for the present one.
            step_s: Seconds from one point to the next; `None`: as many as give about 250 points, at least 1. At most 11,000 points.

        Returns:
            Labels of each series with its points, which are seconds since 1970 and value; a moment without a value has no point.
        """
        parts = self._parts
        if parts is None or parts.recent_past is None:
            return self._nothing_kept("query_range")
        end_s = parts.now_ns() / 1e9 if end_s is None else end_s
        return parts.recent_past.query_range(expression, start_s, end_s, step_s)

    def findings(self) -> "list[Finding]":
        """
        What was found that can be made better, most saving first: see the pages on findings.

        Returns:
            Findings without secrets; `str` of each is one line that names rule, place and fix.
        """
        parts = self._parts
        return [] if parts is None else parts.insight.findings()

    def _nothing_kept(self, call: str) -> list[Any]:
        if self.is_running:
            guard.report(
                f"telemetry.{call}", f"telemetry.{call} has no answer: metrics.enabled is false, so nothing is kept"
            )
        return []

    def answers(self) -> "Mapping[str, Callable[[Mapping[str, Any]], Any]]":
        """What other processes of the same user may ask, by name: see `telemetry.control`."""
        return {
            "findings": lambda _: [finding.as_dict() for finding in self.findings()],
            "status": lambda _: self.status(),
            "query": lambda question: self.query(str(question["expression"])),
            "memory": lambda question: self._memory(float(question.get("seconds", 10.0))),
        }

    def _memory(self, seconds: float) -> dict[str, Any]:
        grown = str(memory.growth(seconds=min(max(seconds, 0.1), 60.0)))
        about = [finding.as_dict() for finding in self.findings() if finding.rule in {"memory_growth", "gc_pressure"}]
        found = {"growth": grown, "findings": about}
        return found if self._parts is None else cleaned(found, self._parts.redactor.text)

    @with_known_names
    def on_stop(self, function: Callable[[], object], *, timeout_s: float = 1.0) -> None:
        """
        Call a function before anything of this package stops, so that what it does is still seen.

        Args:
            function: Takes nothing; may be a coroutine function.
            timeout_s: At most, in seconds, and never more than the whole end may take.
        """
        if self._parts is not None:
            self._parts.lifecycle.on_stop(function, timeout_s=timeout_s)

    def ready(self) -> None:
        """Say that the agent has finished its own set-up: /startupz and /readyz answer 200. `init` says so by itself."""
        if self._parts is not None:
            self._parts.health.started()

    def reload(self) -> tuple[str, ...]:
        """
        Read the configuration again. When there is a mistake in it, it is said, and what is in force stays.

        Rules of alerts and levels of logging count at once; alerts of rules that stay go on as they stand. A line of the logger
        `otel_agent` names settings that count from the next start on. SIGHUP does the same; see `lifecycle.on_hangup`.

        Returns:
            A line for each setting that differs, secrets masked: "logs.level: INFO → DEBUG".
        """
        return () if self._reloading is None else self._reloading.reload()

    @with_known_names
    def flush(self, timeout_s: float | None = FLUSH_S) -> Delivery:
        """
        Collect metrics once more and send everything that waits.

        Args:
            timeout_s: For all of it, in seconds; `None` for 10.

        Returns:
            What became of everything accepted since the start; it is true also when the time was over before the receiver
            answered.
        """
        parts = self._parts
        if parts is None:
            return unobserved.no_delivery()
        if self._ended is not None:
            return self._ended
        allowed_s = _seconds("flush", timeout_s, FLUSH_S)
        end_s = monotonic_s() + allowed_s
        if parts.metering.reader is not None:
            parts.metering.reader.force_flush(allowed_s * 1e3 / 2)
        parts.logs.outputs.flush(max(0.0, (end_s - monotonic_s()) / 2))
        return parts.engine.flush(max(0.0, end_s - monotonic_s()))

    def collect(self, timeout_s: float = FLUSH_S) -> None:
        """
        Collect metrics once more, without sending anything.

        Args:
            timeout_s: At most, in seconds.
        """
        if self._parts is not None and self._parts.metering.reader is not None:
            self._parts.metering.reader.force_flush(timeout_s * 1e3)

    def redacted(self, signal: str, items: Sequence[Any]) -> Sequence[Any]:
        """
        Telemetry as it would leave: without its secrets.

        Args:
            signal: "traces", "metrics" or "logs".
            items: Spans, collections of metrics, or log records.
        """
        return items if self._parts is None else self._parts.redactor(signal, items)

    def resume(self) -> None:
        """Be the process's telemetry again, after another one has stood in for it and ended; without effect after the end."""
        if self._parts is not None and self.is_running:
            self._parts.install_globals()
            threads.install()

    @with_known_names
    def shutdown(self, timeout_s: float | None = None) -> Delivery:
        """
        End everything in reverse, within one deadline; safe twice.

        Args:
            timeout_s: For all of it, in seconds; `None` for `lifecycle.shutdown_timeout_s`.

        Returns:
            What became of everything that was accepted.
        """
        parts = self._parts
        if parts is None:
            return unobserved.no_delivery()
        if parts.alerting is not None and self.is_running:
            parts.alerting.span_statistics.last_exception = last_exception()
        parts.lifecycle.close(_seconds("shutdown", timeout_s, None))
        for hook in parts.process_hooks:
            hook.close()
        self._ended = parts.engine.flush(0.0)
        return self._ended

    def status(self) -> dict[str, Any]:
        """
        What there is to know at a glance, as plain values; of one shape whether it runs, has ended, failed or is disabled.

        It is printed and posted, so no secret is in it.
        """
        parts = self._parts
        if parts is None:
            return unobserved.unobserved_status(self.config, self.problems, self.health)
        found = {
            "service": self.config.service.name,
            "running": self.is_running,
            "disabled": False,
            "problems": list(self.problems),
            "providers": parts.existing.described(),
            "delivery": parts.engine.status(),
            "libraries": dict(parts.libraries.status) if parts.libraries is not None else {},
            "alerts": parts.alerting.status() if parts.alerting is not None else unobserved.no_alerts(),
            "health": parts.health.status(),
            "logs": parts.logs.outputs.counts(),
            "errors": parts.errors.summary(),
            "failures": guard.counts(),
        }
        return cleaned(found, parts.redactor.text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not the loop's executor: the agent's loop would have to wait for a pool that it never asked for.
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # nobody waits any more: the loop was closed
                loop.call_soon_threadsafe(done.set)

        Task("shutdown", self.shutdown).start(tell)
        await done.wait()

    def __repr__(self) -> str:
        state = "running" if self.is_running else "ended"
        if self._parts is None:
            state = "disabled" if self.config.disabled else "not started"
        return f"<Telemetry of {self.config.service.name!r}, {state}>"


def _seconds(call: str, given: object, default: _Default) -> float | _Default:
    """A length of time as it was given; the default, and a line, for what is none: nothing here raises into the agent."""
    if given is None:
        return default
    if type(given) is bool or not isinstance(given, Real) or math.isnan(given):
        guard.report(f"telemetry.{call}", f"telemetry.{call}: timeout_s must be a number of seconds, not {given!r}")
        return default
    return min(max(float(given), 0.0), _LONGEST_S)
