"""A program nobody prepared is observed by one call and notices nothing of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_process import Ended, run_agent
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_server import OtlpServer

from otel_agent.instruments.automatic.monitoring import HAS_MONITORING

watched = pytest.mark.skipif(not HAS_MONITORING, reason="Python 3.11 sees calls on the stack only")

PROGRAM = Path(__file__).parent / "programs" / "worker.py"


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ended, Ended, OtlpServer]]:
    """The program as it is, and the same with `init` called before it, and what arrived."""
    home = tmp_path_factory.mktemp("worker")
    shutil.copy(PROGRAM, home / "worker.py")
    bare = run_agent("import worker; worker.main()", home)
    with OtlpServer() as server:
        seen = run_agent(
            "import otel_agent; otel_agent.init('worker', trace_modules=['worker']); import worker; worker.main()",
            home,
            OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint,
        )
        yield bare, seen, server


def all_spans(server: OtlpServer) -> list[Any]:
    """Every span that arrived, decoded."""
    return [
        span
        for request in server.requests_of("traces")
        for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_its_own_output_and_status_are_unchanged(observed: tuple[Ended, Ended, OtlpServer]) -> None:
    """What the program prints and logs is, to the letter, what it prints without us."""
    bare, seen, _ = observed

    assert (bare.status, sorted(bare.out.splitlines()), bare.err) == (
        seen.status,
        sorted(seen.out.splitlines()),
        seen.err,
    )


@watched
def test_spans_have_their_parents_across_tasks_threads_and_pools(
    observed: tuple[Ended, Ended, OtlpServer],
) -> None:
    """Tasks, `to_thread`, a pool's jobs and a thread's body are children of what started them."""
    spans = all_spans(observed[2])
    by_id = {span.span_id: span.name for span in spans}
    edges = {(by_id.get(span.parent_span_id), span.name) for span in spans}

    assert {
        (None, "main"),
        ("main", "work"),
        ("work", "fetch"),
        ("work", "crunch"),
        ("work", "score"),
        ("work", "report"),
        ("crunch", "pause"),
        ("score", "pause"),
        ("report", "pause"),
    } == edges - {("work", "tiny")}
    assert 1 == len({span.trace_id for span in spans})


def test_a_function_called_thousands_of_times_does_not_flood(observed: tuple[Ended, Ended, OtlpServer]) -> None:
    """5,000 calls that take no time leave no span (but where the machine paused in one), and no part of a count."""
    server = observed[2]
    kept = sum(span.name == "tiny" for span in all_spans(server))

    assert kept < 50
    assert not any(b"worker.tiny" in request.body for request in server.requests_of("metrics"))


def test_slow_functions_have_spans_on_every_python(observed: tuple[Ended, Ended, OtlpServer]) -> None:
    """Also where the stack alone tells of them."""
    names = {span.name for span in all_spans(observed[2])}

    assert {"main", "work", "fetch", "crunch", "pause"} <= names


@watched
def test_log_records_carry_the_span_they_were_made_in(observed: tuple[Ended, Ended, OtlpServer]) -> None:
    """Each of the program's records arrives with the ids of the function that logged, in whatever thread."""
    server = observed[2]
    names = {span.span_id: span.name for span in all_spans(server)}
    records = {
        record.body.string_value: names.get(record.span_id)
        for request in server.requests_of("logs")
        for resource in ExportLogsServiceRequest.FromString(request.body).resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    }

    assert {"fetched a": "fetch", "fetched b": "fetch", "crunched 3": "crunch", "reported 14": "report"} == records
