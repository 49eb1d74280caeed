"""Servers and their workers: whatever their kind, with and without preloading, nothing is lost and each names itself."""

import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from agent_process import environment
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_server import OtlpServer
from real_programs import free_ports
from waiting import until

from otel_agent.instruments.automatic.monitoring import HAS_MONITORING

APP = """
import os, otel_agent
telemetry = otel_agent.init("served", instrument=False, trace_modules=False)

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
ASGI_APP = """
import os, otel_agent
telemetry = otel_agent.init("served", instrument=False, trace_modules=False)

async def app(scope, receive, send):
    assert scope["type"] == "http"
    with otel_agent.span("request"), otel_agent.span("inner"):
        text = str(os.getpid()).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(text)).encode())]})
    await send({"type": "http.response.body", "body": text})
"""
OWN = {
    "__init__.py": "",
    "orders.py": """
import json, time

def load(number):
    time.sleep(0.25)
    return json.dumps({"number": number})

class Desk:
    def decide(self, number):
        time.sleep(0.25)
        return label(load(number))

def label(text):
    return text.strip()
""",
    "web.py": """
import os, otel_agent
telemetry = otel_agent.init("shop", instrument=False)
from shop import orders

def app(environ, start):
    orders.Desk().decide(1)
    text = str(os.getpid()).encode()
    start("200 OK", [("Content-Length", str(len(text)))])
    return [text]
""",
}
REQUESTS = 20


def serve(folder: Path, count: int, *server: str) -> tuple[set[int], int, list[tuple[int, Span]]]:
    """
    Run a server with two workers in a folder until SIGTERM, and ask it.

    Args:
        folder: Where it runs.
        count: How many requests it gets.
        server: Its module and its arguments, `PORT` for the port.

    Returns:
        Processes that answered, the status of the server's end, and each span with the process that it names: those that arrived
        by then, and those that a machine too busy for that left in the spool.
    """
    (port,) = free_ports(1)
    command = [sys.executable, "-m", *(part.replace("PORT", str(port)) for part in server)]

    def get() -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            return int(answer.read())

    with OtlpServer() as otlp, (folder / "log").open("w") as log:
        variables = environment(folder, OTEL_EXPORTER_OTLP_ENDPOINT=otlp.endpoint)
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=log, stderr=log)
        try:
            workers = {until(get)} | {get() for _ in range(count - 1)}
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
        drain = [sys.executable, "-m", "otel_agent", "spool", "drain"]
        subprocess.run(drain, cwd=folder, env=variables, stdout=log, stderr=log, check=True, timeout=60)
        spans = {
            span.span_id: (
                {each.key: each.value.int_value for each in resource.resource.attributes}["process.pid"],
                span,
            )
            for request in otlp._decoded("traces", ExportTraceServiceRequest)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }
        return workers, status, list(spans.values())


def check(workers: set[int], spans: list[tuple[int, Span]]) -> None:
    """Every request has its span with one below it, and each names the worker that answered."""
    requests = {span.span_id for _, span in spans if span.name == "request"}

    assert REQUESTS == len(requests)
    assert requests == {span.parent_span_id for _, span in spans if span.name == "inner"}
    assert workers == {pid for pid, _ in spans}


@pytest.mark.needs("gunicorn")
@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["loaded-in-workers", "preloaded"])
@pytest.mark.parametrize("kind", ["sync", "gthread", pytest.param("gevent", marks=pytest.mark.needs("gevent"))])
def test_workers_of_gunicorn_lose_nothing(tmp_path: Path, kind: str, options: tuple[str, ...]) -> None:
    """They end in time at SIGTERM, spans have their parents, and the process that is named is the worker's."""
    (tmp_path / "served.py").write_text(APP.replace("KIND", repr(kind)))
    workers, status, spans = serve(
        tmp_path, REQUESTS, "gunicorn", "-b", "127.0.0.1:PORT", "-w", "2", "-k", kind, *options, "served:app"
    )

    assert 0 == status, (tmp_path / "log").read_text()
    check(workers, spans)


@pytest.mark.needs("uvicorn")
@pytest.mark.parametrize("loop", ["asyncio", pytest.param("uvloop", marks=pytest.mark.needs("uvloop"))])
def test_workers_of_uvicorn_lose_nothing(tmp_path: Path, loop: str) -> None:
    """The same of those that are started anew instead of being forked."""
    (tmp_path / "served.py").write_text(ASGI_APP)
    workers, _, spans = serve(
        tmp_path, REQUESTS, "uvicorn", "--port", "PORT", "--workers", "2", "--loop", loop, "served:app"
    )

    check(workers, spans)


@pytest.mark.needs("gunicorn")
@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["loaded-in-workers", "preloaded"])
def test_a_package_under_gunicorn_is_traced_from_its_first_call(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Each slow function of its own has its spans, below its caller's, one for each call where calls are watched; nothing of gunicorn's has."""
    package = tmp_path / "shop"
    package.mkdir()
    for name, code in OWN.items():
        (package / name).write_text(code)
    workers, status, spans = serve(tmp_path, 4, "gunicorn", "-b", "127.0.0.1:PORT", "-w", "2", *options, "shop.web:app")
    names = {span.span_id: span.name for _, span in spans}
    found = Counter((span.name, names.get(span.parent_span_id)) for _, span in spans)

    assert 0 == status, (tmp_path / "log").read_text()
    assert {("app", None), ("Desk.decide", "app"), ("load", "Desk.decide")} == set(found)
    if HAS_MONITORING:
        assert {4} == set(found.values())
    assert workers == {pid for pid, _ in spans}
