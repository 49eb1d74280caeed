"""`Telemetry`: what `init` gives back."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from otel_agent.clock import monotonic_s, wall_ns
from otel_agent.config.model import Config
from otel_agent.delivery.accounting import Delivery
from otel_agent.guard import shared as guard
from otel_agent.health.assembly import HealthService
from otel_agent.late_imports import late_module
from otel_agent.outgoing_texts import cleaned
from otel_agent.telemetry.parts import Parts
from otel_agent.telemetry.reloading import Reloading

if TYPE_CHECKING:
    import asyncio

    from otel_agent.alerts import engine
    from otel_agent.series import store
else:
    asyncio = late_module("asyncio")
    engine = late_module("otel_agent.alerts.engine")
    store = late_module("otel_agent.series.store")

__all__ = ["Telemetry"]

FLUSH_S = 10.0
"""Longest time `flush` takes when nothing else is said, in seconds."""


class Telemetry:
    """
    A running instrumentation; made by `otel_agent.init`.

    A context manager, sync and async: leaving it is `shutdown`. Nothing here raises into the agent.

    Args:
        config: The configuration it was made from.
        parts: Everything that runs; `None` when the package is disabled.
        problems: What of the set-up was left out, and why.
        reloading: How the configuration is read again; `None` when the package is disabled.
    """

    def __init__(
        self,
        config: Config,
        parts: Parts | None,
        problems: Sequence[str] = (),
        reloading: Reloading | None = None,
    ) -> None:
        self.config = config
        self.problems = tuple(problems)
        self._parts = parts
        self._reloading = reloading
        self._ended: Delivery | None = None

    @property
    def is_running(self) -> bool:
        """Whether it observes: not disabled, and not shut down yet."""
        return self._parts is not None and self._parts.lifecycle.is_running()

    @property
    def alerts(self) -> "engine.AlertEngine":
        """The rules: `active()`, `acknowledge(…)`, `on_change(…)`, `evaluate(…)`."""
        if self._parts is None or self._parts.alerting is None:
            return engine.AlertEngine((), store.Store())
        return self._parts.alerting.engine

    @property
    def health(self) -> HealthService | None:
        """Checks and their states: `report()`, `status()`, `port`. `None` when the package is disabled."""
        return None if self._parts is None else self._parts.health

    def query(self, expression: str, at_s: float | None = None) -> list[tuple[dict[str, str], float]]:
        """
        Ask the recent past in PromQL: metrics are kept each second, the newest 10,000 points of every series.

        Args:
            expression: In the subset that rules have; see the reference page on PromQL.
            at_s: The moment, in seconds since 1970; `None` for the present one.

        Returns:
            Labels and value of each element; a scalar has no labels.

        Raises:
            RuleError: The expression cannot be understood.
        """
        parts = self._parts
        if parts is None or parts.recent_past is None:
            return []
        return parts.recent_past.query(expression, round((wall_ns() / 1e9 if at_s is None else at_s) * 1000))

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

    def flush(self, timeout_s: float = FLUSH_S) -> Delivery:
        """
        Collect metrics once more and send everything that waits.

        Args:
            timeout_s: For all of it, in seconds.

        Returns:
            What became of everything accepted since the start; it is true also when the time was over before the receiver
            answered.
        """
        parts = self._parts
        if parts is None:
            return Delivery(0, 0, 0)
        if self._ended is not None:
            return self._ended
        end_s = monotonic_s() + timeout_s
        if parts.metering.reader is not None:
            parts.metering.reader.force_flush(timeout_s * 1e3 / 2)
        parts.logs.outputs.flush(max(0.0, (end_s - monotonic_s()) / 2))
        return parts.engine.flush(max(0.0, end_s - monotonic_s()))

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
            return Delivery(0, 0, 0)
        parts.lifecycle.close(timeout_s)
        for hook in parts.process_hooks:
            hook.close()
        self._ended = parts.engine.flush(0.0)
        return self._ended

    def status(self) -> dict[str, Any]:
        """What there is to know at a glance, as plain values; it is printed and posted, so no secret is in it."""
        parts = self._parts
        if parts is None:
            return {"disabled": True, "problems": list(self.problems)}
        found = {
            "service": self.config.service.name,
            "running": self.is_running,
            "problems": list(self.problems),
            "delivery": parts.engine.status(),
            "libraries": dict(parts.libraries.status) if parts.libraries is not None else {},
            "alerts": parts.alerting.status() if parts.alerting is not None else {},
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
        await asyncio.to_thread(self.shutdown)

    def __repr__(self) -> str:
        state = "disabled" if self._parts is None else "running" if self.is_running else "ended"
        return f"<Telemetry of {self.config.service.name!r}, {state}>"
