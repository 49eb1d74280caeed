"""
Records of loguru, for the export and the outputs: `loguru.logger.add(sink, format="{message}")`.

    loguru.logger.info(…) ──► sink: a LogRecord ──► where every record of logging passes (`dispatch.install_bridge`)

loguru keeps its own handlers; nothing of it is changed. structlog needs no such thing: with `structlog.stdlib` its events
are records of logging already, and the bridge takes their fields apart.

A record of logging that a handler of the agent's hands to loguru comes back here; it has been taken already and is not taken twice.

Leave `enqueue` off, as it is by default: in another thread no span is current, and a record would lose its trace.
"""

import logging
from typing import Any

from otel_agent.guard import guarded
from otel_agent.logs.dispatch import handed_on_here
from otel_agent.logs.messages import formatted_message

__all__ = ["sink"]


class _BridgedLogger(logging.Logger):
    """A logger outside of logging's tree: its records are seen by the bridge and printed by nobody."""

    def __init__(self) -> None:
        super().__init__("loguru")
        self.propagate = False
        self.addHandler(logging.NullHandler())


_bridged = _BridgedLogger()


def sink(message: Any) -> None:
    """
    Take a record of loguru. Never raises.

    Args:
        message: Message as loguru hands it to a sink: a text whose `record` holds the rest.
    """
    with guarded("logs.loguru", "a record of loguru could not be taken and was left out"):
        said = message.record
        origin = handed_on_here()
        if origin is None or formatted_message(origin) not in said["message"]:
            _bridged.callHandlers(_as_record(said))


def _as_record(said: dict[str, Any]) -> logging.LogRecord:
    error = said["exception"]
    record = logging.LogRecord(
        name=said["name"] or "loguru",
        level=said["level"].no,
        pathname=said["file"].path,
        lineno=said["line"],
        msg=said["message"],
        args=None,
        exc_info=None if error is None else (error.type, error.value, error.traceback),
        func=said["function"],
    )
    record.created = said["time"].timestamp()
    record.levelname = said["level"].name
    for name, value in said["extra"].items():
        if name not in record.__dict__:
            record.__dict__[name] = value
    return record
