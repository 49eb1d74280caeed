"""Records of loguru arrive like those of logging, with their fields, their exceptions and their spans."""

import logging
from collections import deque
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from bridged_programs import bridged

from otel_agent.guard import shared
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.logs.dispatch import install_bridge
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


INTERCEPTED = """
import inspect
from loguru import logger
from otel_agent.logs.loguru import sink as ours
class Forward(logging.Handler):
    def emit(self, record):
        frame, depth = inspect.currentframe(), 0
        while frame and (depth == 0 or frame.f_code.co_filename == logging.__file__):
            frame, depth = frame.f_back, depth + 1
        logger.opt(depth=depth, exception=record.exc_info).log(record.levelname, record.getMessage())
class Counts(logging.Handler):
    def emit(self, record):
        logger.opt(depth=6).log(record.levelname, "counted " + record.getMessage())
logging.basicConfig(handlers=[Forward(), Counts()], level=0)
logger.remove()
logger.add(sys.stderr, format="{name}:{function} {message}")
logger.add(ours, format="{message}")
def settle():
    logging.getLogger("bank").warning("settled %d", 3)
settle()
logger.info("its own")
"""


def test_a_record_that_logging_hands_to_loguru_comes_once_from_where_it_was_logged() -> None:
    """Loguru finds the caller behind logging's frames, by file and by number; what comes back from it is no second record."""
    lines, errors = bridged(INTERCEPTED)

    assert [
        "__main__:settle settled 3",
        "__main__:settle counted settled 3",
        "__main__:<module> its own",
    ] == errors.splitlines()
    assert [
        '["settled 3", "WARN", 13, "bank", {}, false]',
        '["its own", "INFO", 9, "__main__", {}, false]',
    ] == lines


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
