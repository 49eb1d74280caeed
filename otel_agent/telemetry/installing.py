"""
OpenTelemetry's globals.

Providers that somebody else has installed stay; ours take their place only where there is none.

OpenTelemetry lets each global be set once. An agent that ends its telemetry and begins again (a notebook, a test) would keep
the ended one, so the second time the global is exchanged through names that are private; where one of them is gone, the new
telemetry works through its own objects, and a line says so.

Tracers, meters and loggers are taken once and kept, most of them when modules are imported. So a provider of ours adopts those of the
one before it: what was taken then records now.
"""

from collections.abc import Callable
from typing import Any

from opentelemetry import metrics, trace

from otel_agent.guard import guarded
from otel_agent.guard import shared as guard
from otel_agent.logs import otel

__all__ = ["OURS", "install_globals"]


OURS: list[Any] = []
"""Providers this package has made global, the newest last of each kind; they are nobody else's."""


def install_globals(tracer_provider: Any, meter_provider: Any, logger_provider: Any) -> None:
    """
    Make providers global, where there is none or an ended one of ours.

    Args:
        tracer_provider: Tracer provider; `None` leaves the global one alone, and so does the one that is there already.
        meter_provider: Meter provider, or `None`.
        logger_provider: Logger provider, or `None`.
    """
    keeper = metrics._internal  # noqa: SLF001 - see the module
    _install(tracer_provider, trace.get_tracer_provider(), trace.set_tracer_provider, trace, "_TRACER_PROVIDER")
    _install(meter_provider, metrics.get_meter_provider(), metrics.set_meter_provider, keeper, "_METER_PROVIDER")
    _install(logger_provider, *otel.global_place())


def _install(provider: Any, present: Any, install: Callable[[Any], object], module: Any, name: str) -> None:
    if provider is None:
        return
    if provider is present:
        _adopt(provider, OURS)
        return
    if type(present).__name__.lstrip("_").startswith("Proxy"):
        install(provider)
    elif present not in OURS:
        kind = name.strip("_").replace("_", " ").lower()
        guard.report(
            f"telemetry.{kind}",
            f"the agent has installed a {kind} that is not the SDK's ({type(present).__name__}); it stays, and what is"
            " recorded through it does not pass here",
        )
        return
    elif hasattr(module, name):
        setattr(module, name, provider)
    else:
        guard.report(
            "telemetry.globals",
            "telemetry was started a second time and OpenTelemetry keeps the first provider as the global one; what third"
            " parties record is lost until the process starts anew",
        )
        return
    _adopt(provider, OURS)
    OURS[:] = [one for one in OURS if type(one) is not type(provider)] + [provider]


def _adopt(provider: Any, earlier: list[Any]) -> None:
    for one in earlier:
        if type(one) is type(provider):
            with guarded("telemetry.again", "what was taken from OpenTelemetry's API before is not recorded"):
                provider.adopt(one)
