"""
Delivery: where each signal goes, who sees each batch on its way, and the engine behind its queues.

The engine, the senders, the spool and the rules of redaction are loaded after the start, by the thread that needs them first; see
`delivery.late_engine`.
"""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from otel_agent import streams
from otel_agent.config.model import Config
from otel_agent.config.sections.export import SIGNALS, ExportSettings
from otel_agent.delivery.late_engine import LateEngine
from otel_agent.delivery.queues import SignalQueue
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.late_imports import late_module, load
from otel_agent.redaction.redactor import Redactor

if TYPE_CHECKING:
    from otel_agent.delivery import engine
    from otel_agent.telemetry.assembly import senders
else:
    engine = late_module("otel_agent.delivery.engine")
    senders = late_module("otel_agent.telemetry.assembly.senders")

__all__ = ["Observers", "build_engine", "destinations", "joined"]

Observers = Mapping[str, Sequence[Callable[[list[Any]], object]]]
"""By signal: functions that see each batch on the delivery thread."""


def destinations(export: ExportSettings) -> Mapping[str, Sequence[str]]:
    """
    Where each signal goes.

    Args:
        export: Section `export` of the configuration.

    Returns:
        By signal any of "otlp", "console" and "file".
    """
    has_terminal = streams.is_terminal(sys.stderr)
    return {signal: export.destinations(signal, has_terminal=has_terminal) for signal in SIGNALS}


def joined(*observers: Observers) -> Observers:
    """
    All observers of each signal, in order.

    Args:
        *observers: Functions that see each batch, by signal.
    """
    signals = {signal: None for each in observers for signal in each}
    return {signal: [observe for each in observers for observe in each.get(signal, ())] for signal in signals}


def build_engine(
    config: Config,
    to: Mapping[str, Sequence[str]],
    observers: Observers,
    *,
    redactor: Redactor,
    received: Collection[str] = (),
    select: Callable[[list[Any]], list[Any]] | None = None,
    renew_export: Callable[[], ExportSettings] | None = None,
    beside: Callable[[], object],
) -> LateEngine:
    """
    Open the queues; the engine behind them is built when it is first needed, and nothing runs before `start`.

    Args:
        config: Sections `export`, `queue`, `spool` and `service` count.
        to: Destinations of each signal.
        observers: Functions that see each batch.
        redactor: Takes secrets out of what leaves.
        received: Signals that some observer is the receiver of; others that have no destination count as not exported.
        select: Keeps some spans of a batch; None keeps all.
        renew_export: Reads section `export` again when a receiver refuses the headers.
        beside: Called after the start, on the thread that has built the engine.
    """
    has_disk = config.spool.enabled and any({"otlp", "file"} & set(each) for each in to.values())
    is_journaling = has_disk and config.spool.level == "journal"
    unwanted = [] if is_journaling else [signal for signal in SIGNALS if not to[signal] and signal not in received]
    settings = _settings(config, unwanted)

    def build(queues: Mapping[str, SignalQueue]) -> "engine.DeliveryEngine":
        redactor.load()
        sender = senders.build_sender(config.export, to, renew_export)
        return engine.DeliveryEngine(
            sender,
            spool=None if sender is None else senders.build_spool(config.spool, config.service.name),
            observers=observers,
            redact=redactor,
            select=select,
            settings=settings,
            queues=queues,
        )

    def load_beside() -> None:
        _load_readers()
        beside()

    return LateEngine(build, settings, has_disk=has_disk, is_journaling=is_journaling, beside=load_beside)


def _settings(config: Config, unwanted: Collection[str]) -> DeliverySettings:
    return DeliverySettings(
        queue_spans=config.queue.spans,
        queue_logs=config.queue.logs,
        batch=config.queue.batch,
        delay_s=config.queue.delay_s,
        timeout_s=config.export.timeout_s,
        unwanted=frozenset(unwanted),
    )


def _load_readers() -> None:
    """Load what other threads read the machine with, where no fork can cut the loading in two."""
    load(
        "otel_agent.instruments.machine.procfs"
        if sys.platform == "linux"
        else "otel_agent.instruments.machine.psutil_readings"
    )
    load("otel_agent.instruments.machine.cgroup")
