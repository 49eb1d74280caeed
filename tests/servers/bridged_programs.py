"""Programs that log through other libraries, run with the bridge installed."""

import subprocess
import sys

__all__ = ["bridged"]

PROLOGUE = """
import json, logging, sys
from collections import deque
from types import SimpleNamespace
from opentelemetry.sdk.trace import TracerProvider
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.logs.dispatch import install_bridge
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


def bridged(program: str) -> tuple[list[str], str]:
    """What the bridge took of a program, and what the program wrote to standard error."""
    result = subprocess.run(
        [sys.executable, "-c", PROLOGUE + program + EPILOGUE], capture_output=True, text=True, check=False, timeout=60
    )

    assert 0 == result.returncode, result.stderr
    return result.stdout.splitlines(), result.stderr
