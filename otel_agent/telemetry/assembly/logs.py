"""Logs: the logger provider of OpenTelemetry's API, the bridge from `logging`, and what is written on the spot."""

import logging
from collections.abc import Callable, MutableSequence, Sequence
from pathlib import Path
from typing import Any

from otel_agent.config.model import Config
from otel_agent.delivery.queues import SignalQueue
from otel_agent.logs import otel
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.logs.outputs import Outputs, build_outputs
from otel_agent.providers.existing import Existing
from otel_agent.redaction.redactor import Redactor

__all__ = ["Logging", "build_logging"]


class Logging:
    """
    Where log records come from.

    Args:
        provider: Logger provider: ours, or somebody else's.
        outputs: Console and files that are written on the spot.
        bridge: Takes records of `logging`; None where nobody wants them.
    """

    def __init__(self, provider: Any, outputs: Outputs, bridge: BridgeHandler | None) -> None:
        self.provider = provider
        self.outputs = outputs
        self.bridge = bridge


def build_logging(  # noqa: PLR0913 - everything that joins in it
    config: Config,
    resource: Any,
    queue: SignalQueue,
    redactor: Redactor,
    problems: MutableSequence[str],
    *,
    existing: Existing,
    is_wanted: bool,
    directory: Path,
    observe: Callable[[Sequence[Any]], object],
) -> Logging:
    """
    Build the provider or attach to the one that is there, and build bridge and outputs.

    Args:
        config: Sections `logs` and `limits` count.
        resource: Resource of every record.
        queue: Takes records that are to be sent.
        redactor: Takes secrets out of what is written.
        problems: Grows by a line for each file that cannot be written.
        existing: Providers that somebody else has made global.
        is_wanted: Whether anybody takes records from the queue.
        directory: What relative paths of files begin at.
        observe: Sees each batch that is written and not sent.
    """
    settings, provider = config.logs, existing.logger_provider
    if provider is None:
        limits = config.limits
        provider = otel.build_logger_provider(queue, resource, limits.log_attributes, limits.log_attribute_length)
    else:
        otel.attach_sink(provider, queue)
    is_exported = settings.export and is_wanted and not existing.has_log_handler
    outputs = build_outputs(settings, redactor, problems, directory=directory, observe=None if is_exported else observe)
    if not is_exported and not outputs.queues:
        return Logging(provider, outputs, None)
    level = logging.getLevelNamesMapping()[settings.level]
    sink = queue if is_exported else None
    return Logging(provider, outputs, BridgeHandler(sink, resource, level, outputs.sinks, outputs.is_echo))
