"""Records of structlog and loguru arrive like those of logging, with their fields, their exceptions and their spans."""

import subprocess
import sys
from collections import deque
from typing import Any

PROLOGUE = """
import json, logging, sys
from collections import deque
from types import SimpleNamespace
from opentelemetry.sdk.trace import TracerProvider
from otel_agent.logs.bridge import BridgeHandler, install_bridge
sink = SimpleNamespace(items=deque(), limit=1000)
remove = install_bridge(BridgeHandler(sink, None))
logging.getLogger().setLevel(logging.DEBUG)
tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")
"""
EPILOGUE = """
for entry in sink.items:
    attributes = {name: value for name, value in (entry.attributes or {}).items() if name != "exception.stacktrace"}
    print(json.dumps([entry.body, entry.severity_text, entry.severity_number, entry.logger, attributes, bool(entry.trace_id)]))
"""


def arrived(program: str) -> tuple[list[str], str]:
    """What the bridge took of a program, and what the program wrote to standard error."""
    result = subprocess.run(
        [sys.executable, "-c", PROLOGUE + program + EPILOGUE], capture_output=True, text=True, check=False, timeout=60
    )

    assert 0 == result.returncode, result.stderr
    return result.stdout.splitlines(), result.stderr


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
    lines, errors = arrived(program)

    assert '["order A1", "INFO", 9, "__main__", {"symbol": "ACME"}, true]' == lines[0]
    assert '["done", "SUCCESS", 12, "__main__", {}, false]' == lines[1]
    assert '["failed", "ERROR", 17, "__main__", ' in lines[2]
    assert '"exception.type": "ZeroDivisionError"' in lines[2]
    assert errors.startswith("theirs: order A1\ntheirs: done\ntheirs: failed\n")


STRUCTLOG = """
import structlog
structlog.configure(
    processors={processors},
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)
log = structlog.get_logger("orders")
with tracer.start_as_current_span("decide"):
    log.info("order sent", symbol="ACME", basket=["a"])
log.warning("late")
"""


def test_structlog_records_arrive_from_its_formatter() -> None:
    """Events wrapped for structlog's ProcessorFormatter are taken apart: the event is the body, the rest attributes."""
    processors = "[structlog.stdlib.add_log_level, structlog.processors.TimeStamper(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter]"
    lines, _ = arrived(STRUCTLOG.format(processors=processors))

    assert [
        '["order sent", "INFO", 9, "orders", {"symbol": "ACME", "basket": ["a"]}, true]',
        '["late", "WARN", 13, "orders", {}, false]',
    ] == lines


def test_structlog_records_arrive_as_extras() -> None:
    """Events rendered to logging's own arguments arrive in the same way."""
    lines, _ = arrived(STRUCTLOG.format(processors="[structlog.stdlib.render_to_log_kwargs]"))

    assert [
        '["order sent", "INFO", 9, "orders", {"symbol": "ACME", "basket": ["a"]}, true]',
        '["late", "WARN", 13, "orders", {}, false]',
    ] == lines


def test_the_sink_of_loguru_never_raises() -> None:
    """Something that is no message of loguru's is counted, not raised."""
    from otel_agent.logs.loguru import sink

    items: deque[Any] = deque()
    sink(items)
