"""Records of loguru arrive like those of logging, with their fields, their exceptions and their spans."""

import logging
from collections import deque
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from bridged_programs import bridged

from otel_agent.guard import shared
from otel_agent.logs.bridge import BridgeHandler, install_bridge
from otel_agent.logs.loguru import sink


def test_loguru_records_arrive() -> None:
    """Message, level, module, bound values, exception and trace; loguru's own output is what it was."""
    program = """
from loguru import logger
from otel_agent.logs.loguru import sink as ours
logger.remove()
logger.add(sys.stderr, format="theirs: {message}")
logger.add(ours, format="{message}")
with tracer.start_as_current_span("decide"):
    logger.bind(symbol="ACME").info("order {}", "A1")
logger.success("done")
try:
    1 / 0
except ZeroDivisionError:
    logger.exception("failed")
"""
    lines, errors = bridged(program)

    assert '["order A1", "INFO", 9, "__main__", {"symbol": "ACME"}, true]' == lines[0]
    assert '["done", "SUCCESS", 12, "__main__", {}, false]' == lines[1]
    assert '["failed", "ERROR", 17, "__main__", ' in lines[2]
    assert '"exception.type": "ZeroDivisionError"' in lines[2]
    assert errors.startswith("theirs: order A1\ntheirs: done\ntheirs: failed\n")


def test_a_record_is_handed_to_the_bridge_alone() -> None:
    """It passes where every record of logging passes, outside of logging's tree: no handler of the agent's prints it."""
    seen: deque[Any] = deque()
    handled: list[logging.LogRecord] = []
    root = logging.Handler()
    root.emit = handled.append  # type: ignore[method-assign,assignment] # a list is handler enough
    logging.getLogger().addHandler(root)
    remove = install_bridge(BridgeHandler(SimpleNamespace(items=seen, limit=9), None))
    try:
        sink(SimpleNamespace(record=RECORD))
    finally:
        remove()
        logging.getLogger().removeHandler(root)

    assert [("order A1", "orders", "SUCCESS", {"symbol": "ACME"})] == [
        (entry.body, entry.logger, entry.severity_text, entry.attributes) for entry in seen
    ]
    assert [] == handled


RECORD = {
    "exception": None,
    "name": "orders",
    "level": SimpleNamespace(no=25, name="SUCCESS"),
    "file": SimpleNamespace(path="a.py"),
    "line": 7,
    "message": "order A1",
    "function": "decide",
    "time": datetime.now(UTC),
    "extra": {"symbol": "ACME", "lineno": "no extra of ours"},
}


def test_the_sink_of_loguru_never_raises() -> None:
    """Something that is no message of loguru's is counted, not raised."""
    before = shared.counts().get("logs.loguru", 0)
    sink(deque())

    assert before + 1 == shared.counts()["logs.loguru"]
