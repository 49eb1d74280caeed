"""
Every instrumentation of contrib that can be had is used: a real call has a span, by an agent that does nothing but call `init`.

The libraries live in an environment of their own in `build/`, made from `requirements/libraries.txt` at the first run.
"""

import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_process import environment
from databases import Postgres
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_server import OtlpServer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements" / "libraries.txt"
CALLS = Path(__file__).with_name("library_calls")
PAUSES_S = (5.0, 20.0, 60.0, 0.0)
"""Waits before a step that talks to the network is tried again."""

IN_PROCESS = {
    "aiohttp-client": "aiohttp_client",
    "aiohttp-server": "aiohttp_server",
    "aiokafka": "aiokafka",
    "asyncclick": "asyncclick",
    "asyncio": "asyncio",
    "aws-lambda": "aws_lambda",
    "boto3": "boto3sqs",
    "botocore": "botocore",
    "celery": "celery",
    "click": "click",
    "confluent_kafka": "confluent_kafka",
    "django": "django",
    "exceptions": "exceptions",
    "falcon": "falcon",
    "fastapi": "fastapi",
    "flask": "flask",
    "grpc_aio_client": "grpc",
    "grpc_aio_server": "grpc",
    "grpc_client": "grpc",
    "grpc_server": "grpc",
    "httpx": "httpx",
    "httpx2": "httpx",
    "jinja2": "jinja2",
    "kafka": "kafka",
    "mysql": "mysql",
    "pymemcache": "pymemcache",
    "pymongo": "pymongo",
    "pymysql": "pymysql",
    "pyramid": "pyramid.callbacks",
    "redis": "redis",
    "remoulade": "remoulade",
    "requests": "requests",
    "sqlite3": "sqlite3",
    "starlette": "starlette",
    "structlog": "structlog",
    "tornado": "tornado",
    "tortoiseorm": "tortoiseorm",
    "urllib": "urllib",
    "urllib3": "urllib3",
}
"""Entry points and the scopes of what they record, without their common prefix."""

ON_POSTGRESQL = ("aiopg", "asyncpg", "psycopg", "psycopg2")
AT_ONCE = ("asyncio", "exceptions")
"""Those that wait for nothing: one has no library, and imports what the other is for."""
VARIABLES = {
    "asyncio": {"OTEL_PYTHON_ASYNCIO_COROUTINE_NAMES_TO_TRACE": "quote"},
    "aws-lambda": {"AWS_LAMBDA_FUNCTION_NAME": "shop", "_HANDLER": "shop_handler.handle"},
}


def again(*command: str) -> None:
    """Run a command that talks to the network, four times at most."""
    for pause_s in PAUSES_S:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode == 0:
            return
        time.sleep(pause_s)
    pytest.fail(f"{' '.join(command)}: {ended.stderr[-2000:]}")


@pytest.fixture(scope="module")
def python() -> str:
    """The interpreter of an environment with all the libraries."""
    pins = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = ROOT / "build" / f"libraries-{pins}"
    program = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = (str(program), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--retries", "5")
        again(*pip, "-r", str(REQUIREMENTS))
        again(*pip, "hatchling", "editables")
        again(*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT))
        (folder / "complete").touch()
    return str(program)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL."""
    if Postgres.program("postgres") is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.close()


def scopes(server: OtlpServer) -> Counter[str]:
    """How many spans and log records of each scope arrived."""
    spans = (
        (scope.scope.name, len(scope.spans))
        for request in server._decoded("traces", ExportTraceServiceRequest)
        for resource in request.resource_spans
        for scope in resource.scope_spans
    )
    logs = (
        (scope.scope.name, len(scope.log_records))
        for request in server._decoded("logs", ExportLogsServiceRequest)
        for resource in request.resource_logs
        for scope in resource.scope_logs
    )
    found: Counter[str] = Counter()
    for name, count in (*spans, *logs):
        found[name.removeprefix("opentelemetry.instrumentation.")] += count
    return found


def call(python: str, name: str, home: Path, *more: str) -> tuple[dict[str, object], Counter[str]]:
    """Use one library in a process of its own; gives what it said and what arrived."""
    with OtlpServer() as server:
        ended = subprocess.run(
            [python, str(CALLS), name, server.endpoint, *more],
            cwd=home,
            env=environment(home, PYTHONWARNINGS="ignore", **VARIABLES.get(name, {})),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert 0 == ended.returncode, ended.stderr[-3000:]
        told: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
        return told, scopes(server)


@pytest.mark.parametrize("name", IN_PROCESS)
def test_a_call_is_recorded(python: str, name: str, tmp_path: Path) -> None:
    """Each instrumentation waits for its library, is activated by its import, and records a real call."""
    told, arrived = call(python, name, tmp_path)

    before = "instrumented" if name in AT_ONCE else "waiting for import"
    assert {"before": before, "after": "instrumented", "failures": {}} == told
    assert arrived[IN_PROCESS[name]] > 0, arrived


@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_a_query_of_postgresql_is_recorded(python: str, postgres: Postgres, name: str, tmp_path: Path) -> None:
    """The same against a real database."""
    told, arrived = call(python, name, tmp_path, postgres.address)

    assert {"before": "waiting for import", "after": "instrumented", "failures": {}} == told
    assert arrived[name] > 0, arrived


def test_frameworks_upon_each_other_make_one_span(python: str, tmp_path: Path) -> None:
    """FastAPI is made of Starlette, and both have instrumentations: a request has one span of a server all the same."""
    _, arrived = call(python, "fastapi", tmp_path)

    assert 0 == arrived["starlette"]
