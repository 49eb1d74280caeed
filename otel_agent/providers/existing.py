"""Providers that were there before us."""

from collections.abc import Collection
from typing import Any, NamedTuple

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

from otel_agent.logs import otel

__all__ = ["Existing", "find_existing"]

_OURS = "otel_agent"


class Existing(NamedTuple):
    """Providers of the SDK that somebody else has made global before `init`."""

    tracer_provider: TracerProvider | None = None
    meter_provider: MeterProvider | None = None
    logger_provider: Any = None
    has_log_handler: bool = False
    """Whether the root logger feeds the logger provider already."""

    def described(self) -> dict[str, str]:
        """By signal: whose provider makes its telemetry, ours or one that was kept."""
        kept = {"traces": self.tracer_provider, "metrics": self.meter_provider, "logs": self.logger_provider}
        return {signal: _OURS if provider is None else _kept(provider) for signal, provider in kept.items()}


def find_existing(ours: Collection[Any]) -> Existing:
    """
    Look for providers that are there already. Loads nothing and creates nothing.

    Args:
        ours: Providers this package has made global earlier; they are nobody else's.
    """
    tracing, metering, bookkeeping = (
        trace.get_tracer_provider(),
        metrics.get_meter_provider(),
        otel.installed_logger_provider(),
    )
    if bookkeeping in ours:
        bookkeeping = None
    return Existing(
        tracing if isinstance(tracing, TracerProvider) and tracing not in ours else None,
        metering if isinstance(metering, MeterProvider) and metering not in ours else None,
        bookkeeping,
        bookkeeping is not None and otel.feeds_root(bookkeeping),
    )


def _kept(provider: object) -> str:
    name = f"{type(provider).__module__}.{type(provider).__qualname__}"
    return f"{name} was installed before init() and kept: it decides about sampling and resource"
