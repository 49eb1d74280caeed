"""
How many spans a second one core of the collector takes, for each of a few configurations.

    python collector/throughput.py            a table; needs build/otelcol-agent and the package's own Python environment

Spans like those of an agent (nine attributes, a few hundred bytes) are sent by OTLP over HTTP in bodies of 500, as fast as they
are taken. A bare collector, which only takes and forwards with the same queue on disk, is measured turn by turn with the base and
one backend, and the last line is the ratio of the two. What counts is the CPU time the collector itself spends, read from the kernel, so that the figure is one of the
program and not of how busy the machine is. The backend is a second collector that throws everything away, and is not measured.
"""

import http.client
import os
import random
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from otel_agent.cli.collector.composition import ConfigurationFragment, find, read_base, render

PROGRAM = Path(__file__).resolve().parents[1] / "build" / "otelcol-agent"
WITHOUT = "without redaction"
"""Stands among the options of a case whose pipelines have no processor that redacts; there is no such option."""
BARE = "bare"
"""Stands among the options of a case that is the bare collector; there is no such option."""
TURNS = 3
"""How often the bare collector and ours are measured in turn."""
BODIES = 40
SPANS_A_BODY = 500
SECONDS = 10.0
CASES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("base without redaction", (WITHOUT,), ()),
    ("base alone", (), ()),
    ("with no-content", ("no-content",), ()),
    ("with tail sampling", ("tail-sampling",), ("otlp-grpc",)),
)
"""What it is called, options, backends."""
PAIR = (("a bare collector, queue on disk", (BARE,), ()), ("ours to a backend, queue on disk", (), ("otlp-grpc",)))
"""Measured in turn, so that what else the machine does falls on both."""


def bodies() -> list[bytes]:
    """
    Make requests to be sent again and again.

    Returns:
        Each with traces of ten spans, seven names, one in fifty failed.
    """
    generator = random.Random(7)  # noqa: S311 - repeatable, not secret
    names = ("trade_day", "trade_symbol", "decide", "order_size", "quotes", "place_order", "INSERT orders")
    made = []
    for _ in range(BODIES):
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        for key, value in (("service.name", "trader"), ("service.instance.id", "one"), ("host.name", "desk")):
            resource.resource.attributes.append(_attribute(key, value))
        scope = resource.scope_spans.add()
        trace = b""
        for number in range(SPANS_A_BODY):
            if number % 10 == 0:
                trace = generator.randbytes(16)
            span = scope.spans.add(
                trace_id=trace, span_id=generator.randbytes(8), parent_span_id=generator.randbytes(8)
            )
            span.name = generator.choice(names)
            span.kind = 1
            span.start_time_unix_nano = time.time_ns()
            span.end_time_unix_nano = span.start_time_unix_nano + generator.randrange(100_000, 400_000_000)
            span.status.code = 2 if generator.random() < 0.02 else 0  # noqa: PLR2004 - one in fifty
            for key in range(9):
                span.attributes.append(
                    _attribute(f"order.field.{key}", f"value {generator.randrange(1000)} of a field")
                )
        made.append(request.SerializeToString())
    return made


def _attribute(key: str, value: str) -> KeyValue:
    attribute = KeyValue(key=key)
    attribute.value.string_value = value
    return attribute


@contextmanager
def running(
    folder: Path, options: Sequence[str], backends: Sequence[str], environ: Mapping[str, str]
) -> Iterator[tuple[int, int, int]]:
    """
    Run a collector.

    Args:
        folder: For its configuration, log and queue.
        options: Names of options.
        backends: Names of backends.
        environ: Variables that backends need.

    Yields:
        Its process id, its port for HTTP and its port for gRPC.
    """
    folder.mkdir()
    named = [option for option in options if option not in (WITHOUT, BARE)]
    parts = [read_base(), *find("option", named), *find("backend", backends)]
    text = render([*parts, *([_unredacted()] if WITHOUT in options else [])], "throughput")
    if BARE in options:
        text = (Path(__file__).parent / "bare.yaml").read_text(encoding="utf-8")
    (folder / "c.yaml").write_text(text)
    ports = dict(zip(("GRPC", "HTTP", "HEALTH", "METRICS"), free_ports(4), strict=True))
    variables = {f"OTELCOL_{name}_PORT": str(port) for name, port in ports.items()}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(PROGRAM), f"--config={folder}/c.yaml"],
            env={
                **os.environ,
                **variables,
                **environ,
                "OTELCOL_STATE_DIRECTORY": str(folder / "state"),
                "GOMAXPROCS": "1",
            },
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_ready(f"http://127.0.0.1:{ports['HEALTH']}")
        yield process.pid, ports["HTTP"], ports["GRPC"]
    finally:
        process.terminate()
        process.wait(30)


def _unredacted() -> ConfigurationFragment:
    pipelines = {f"{signal}/in": {"processors": ["memory_limiter"]} for signal in ("traces", "metrics", "logs")}
    return ConfigurationFragment(WITHOUT, yaml.safe_dump({"service": {"pipelines": pipelines}}))


def free_ports(count: int) -> list[int]:
    """
    Find loopback ports nobody listens on.

    Args:
        count: How many.

    Returns:
        Different ones.
    """
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_until_ready(url: str) -> None:
    """
    Poll a readiness page.

    Args:
        url: Of the page.
    """
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} does not answer")


def cpu_s(process_id: int) -> float:
    """
    CPU time of a process so far.

    Args:
        process_id: Of the process.

    Returns:
        Seconds, user and system.
    """
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(process_id: int) -> float:
    """
    Physical memory of a process.

    Args:
        process_id: Of the process.

    Returns:
        The most it ever had, in MiB.
    """
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(port: int, process_id: int, requests: Sequence[bytes]) -> tuple[int, float]:
    """
    Send for a while.

    Args:
        port: Of the collector, HTTP.
        process_id: Of the collector.
        requests: Sent in turn.

    Returns:
        Spans that were taken, and CPU time the collector spent, in seconds.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    began_s, deadline_s, taken, number = cpu_s(process_id), time.monotonic() + SECONDS, 0, 0
    while time.monotonic() < deadline_s:
        connection.request(
            "POST", "/v1/traces", requests[number % len(requests)], {"content-type": "application/x-protobuf"}
        )
        answer = connection.getresponse()
        answer.read()
        taken += SPANS_A_BODY if answer.status == http.HTTPStatus.OK else 0
        number += 1
    time.sleep(5)
    return taken, cpu_s(process_id) - began_s


def main() -> None:
    """Measure every case and print a table."""
    requests = bodies()
    print(f"{len(requests[0]) / SPANS_A_BODY:.0f} bytes a span, {SPANS_A_BODY} spans a request, one core")
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "sink", (), (), {}) as (_, _, grpc):
        environ = {"OTELCOL_TAIL_WAIT": "2s", "BACKEND_ENDPOINT": f"127.0.0.1:{grpc}", "BACKEND_INSECURE": "true"}
        for title, options, backends in CASES:
            with running(Path(folder) / title, options, backends, environ) as (process_id, port, _):
                taken, spent_s = measure(port, process_id, requests)
                print(f"{title:<34} {taken / spent_s:>9,.0f} spans a core-second, {memory_mib(process_id):.0f} MiB")
        print_ratio(Path(folder), environ, requests)


def print_ratio(folder: Path, environ: Mapping[str, str], requests: Sequence[bytes]) -> None:
    """
    Measure the bare collector and ours in turn, and print both and their ratio.

    Args:
        folder: For what they keep.
        environ: Variables that backends need.
        requests: Sent in turn.
    """
    rates = {title: 0.0 for title, _, _ in PAIR}
    memory = dict(rates)
    for turn in range(TURNS):
        for title, options, backends in PAIR:
            with running(folder / f"{title} {turn}", options, backends, environ) as (process_id, port, _):
                taken, spent_s = measure(port, process_id, requests)
                memory[title] = max(memory[title], memory_mib(process_id))
            rates[title] += taken / spent_s / TURNS
    for title, rate in rates.items():
        print(f"{title:<34} {rate:>9,.0f} spans a core-second, {memory[title]:.0f} MiB")
    bare, ours = rates.values()
    print(f"ours takes {ours / bare:.2f} of what the bare one takes")


if __name__ == "__main__":
    main()
