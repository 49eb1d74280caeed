"""gunicorn and its workers: whatever their kind, with and without preloading, nothing is lost and each names itself."""

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from agent_process import environment
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_server import OtlpServer
from real_programs import free_ports
from waiting import until

APP = """
import os, otel_agent
telemetry = otel_agent.init("served", instrument=False, spool=False, trace_modules=False)

def work():
    with otel_agent.span("inner"):
        pass

def app(environ, start):
    with otel_agent.span("request"):
        if KIND == "gevent":
            import gevent
            gevent.spawn(work).join()
        else:
            work()
    text = str(os.getpid()).encode()
    start("200 OK", [("Content-Length", str(len(text)))])
    return [text]
"""
REQUESTS = 20


@pytest.mark.needs("gunicorn")
@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["loaded-in-workers", "preloaded"])
@pytest.mark.parametrize("kind", ["sync", "gthread", pytest.param("gevent", marks=pytest.mark.needs("gevent"))])
def test_workers_of_gunicorn_lose_nothing(tmp_path: Path, kind: str, options: tuple[str, ...]) -> None:
    """They end in time at SIGTERM, spans have their parents, and the process that is named is the worker's."""
    (tmp_path / "served.py").write_text(APP.replace("KIND", repr(kind)))
    (port,) = free_ports(1)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        "2",
        "-k",
        kind,
        *options,
        "served:app",
    ]

    def get() -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            return int(answer.read())

    with OtlpServer() as server, (tmp_path / "log").open("w") as log:
        variables = environment(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)
        arbiter = subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=log, stderr=log)
        try:
            workers = {until(get)} | {get() for _ in range(REQUESTS - 1)}
        finally:
            arbiter.send_signal(signal.SIGTERM)
            status = arbiter.wait(60)

        spans = [
            (span, {each.key: each.value.int_value for each in resource.resource.attributes}["process.pid"])
            for request in server._decoded("traces", ExportTraceServiceRequest)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        requests = {span.span_id for span, _ in spans if span.name == "request"}

        assert 0 == status, (tmp_path / "log").read_text()
        assert REQUESTS == len(requests)
        assert requests == {span.parent_span_id for span, _ in spans if span.name == "inner"}
        assert workers == {pid for _, pid in spans}
