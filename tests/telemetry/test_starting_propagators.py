"""Propagators that are not installed are ignored by everybody."""

from pathlib import Path

import pytest
from agent_process import run_agent
from otlp_server import OtlpServer

PROGRAM = """
import os
before = dict(os.environ)
import otel_agent
telemetry = otel_agent.init("x")
from opentelemetry.propagate import inject
from opentelemetry import environment_variables, propagate
import opentelemetry.instrumentation.utils
with otel_agent.span("work"):
    carrier = {}
    inject(carrier)
print(sorted(carrier), environment_variables.OTEL_PROPAGATORS, propagate.OTEL_PROPAGATORS, before == dict(os.environ))
telemetry.shutdown()
"""


@pytest.mark.parametrize(
    ("names", "fields", "lines"),
    [
        ("tracecontext,jaeger", ["traceparent"], 1),
        ("jaeger", ["traceparent"], 1),
        ("b4,tracecontext,nonsense", ["traceparent"], 2),
        ("TraceContext,baggage", ["traceparent"], 0),
        ("tracecontext,", ["traceparent"], 0),
        ("none", [], 0),
        ("tracecontext,baggage", ["traceparent"], 0),
    ],
)
def test_an_unknown_propagator_costs_a_line(names: str, fields: list[str], lines: int, tmp_path: Path) -> None:
    """The others work, the span arrives, what reads the variable afterwards can be imported, and the environment is as it was."""
    with OtlpServer() as server:
        ended = run_agent(PROGRAM, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint, OTEL_PROPAGATORS=names)

        assert (0, f"{fields} OTEL_PROPAGATORS OTEL_PROPAGATORS True\n") == (ended.status, ended.out)
        assert ["work"] == [name for _, _, name in server.spans]
    assert lines == len(ended.err.splitlines())


def test_a_propagator_that_breaks_costs_a_line(tmp_path: Path) -> None:
    """One that is installed and cannot be loaded is said, and nobody's import raises."""
    folder = tmp_path / "broken-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[opentelemetry_propagator]\nbroken = broken_propagator:Propagator\n")
    with OtlpServer() as server:
        ended = run_agent(
            PROGRAM, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint, OTEL_PROPAGATORS="broken,tracecontext"
        )

        assert (0, 1) == (ended.status, len(server.spans))
        assert ["traceparent"] == ended.out.partition(" OTEL")[0].strip("[]").replace("'", "").split(", ")
    assert 1 == len(ended.err.splitlines())
    assert "'broken' could not be loaded" in ended.err
