"""Forked children of whole agents: each is a process of its own in all three signals, and what it cannot say its parent does."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from agent_process import run_agent
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_server import OtlpServer

INIT = "import os, sys, logging, json, otel_agent\ntelemetry = otel_agent.init('f', instrument=False, spool=False, trace_modules=False)\n"

IN_THREE_SIGNALS = """
from opentelemetry import trace, metrics, _logs
tracer, meter = trace.get_tracer("lib"), metrics.get_meter("lib")
counter = meter.create_counter("orders")
logger = _logs.get_logger("lib")

@otel_agent.traced
def decide():
    pass

def work(who):
    decide()
    with otel_agent.span(f"block {who}"):
        pass
    tracer.start_span(f"api {who}").end()
    counter.add(1)
    logging.getLogger("trader").warning(f"stdlib {who}")
    logger.emit(_logs.LogRecord(body=f"api {who}"))

work("parent")
pids = {os.getpid(): "parent"}
pid = os.fork()
if pid == 0:
    work("child")
    child = os.fork()
    if child == 0:
        work("grandchild")
        telemetry.flush(20)
        sys.exit(0)
    os.waitpid(child, 0)
    telemetry.flush(20)
    print(json.dumps({os.getpid(): "child", child: "grandchild"}), flush=True)
    sys.exit(0)
os.waitpid(pid, 0)
work("parent")
telemetry.flush(20)
print(json.dumps(pids))
"""


def resources(server: OtlpServer) -> dict[str, list[tuple[dict[str, Any], str]]]:
    """By signal: attributes of the resource, and the name or text, of everything that arrived."""
    found = defaultdict(list)
    for signal, message in (
        ("traces", ExportTraceServiceRequest),
        ("logs", ExportLogsServiceRequest),
        ("metrics", ExportMetricsServiceRequest),
    ):
        for request in server._decoded(signal, message):
            for part in getattr(
                request, {"traces": "resource_spans", "logs": "resource_logs"}.get(signal, "resource_metrics")
            ):
                of = {a.key: a.value.string_value or a.value.int_value for a in part.resource.attributes}
                for scope in getattr(
                    part, {"traces": "scope_spans", "logs": "scope_logs"}.get(signal, "scope_metrics")
                ):
                    for item in getattr(scope, {"traces": "spans", "logs": "log_records"}.get(signal, "metrics")):
                        found[signal].append((of, item.body.string_value if signal == "logs" else item.name))
    return found


def test_a_child_is_a_process_of_its_own_in_all_three_signals(tmp_path: Path) -> None:
    """Process and instance are its own from its first span on, at sites made before the fork, too; the parent's stay."""
    with OtlpServer() as server:
        ended = run_agent(INIT + IN_THREE_SIGNALS, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)
        assert 0 == ended.status, ended.err
        who = {int(pid): name for line in ended.out.splitlines() for pid, name in json.loads(line).items()}
        found = resources(server)

    instances = defaultdict(set)
    for items in found.values():
        for attributes, _ in items:
            instances[who[attributes["process.pid"]]].add(attributes["service.instance.id"])
    assert {"parent", "child", "grandchild"} == set(instances)
    assert [1, 1, 1] == [len(each) for each in instances.values()]
    assert 3 == len(set.union(*instances.values()))
    for signal, wanted in (("traces", ("block", "api")), ("logs", ("stdlib", "api"))):
        told = {(who[attributes["process.pid"]], name) for attributes, name in found[signal]}
        assert {(name, f"{what} {name}") for name in instances for what in wanted} <= told
        assert not {(name, text) for name, text in told if " " in text and not text.endswith(f" {name}")}
    assert {"parent", "child", "grandchild"} == {
        who[a["process.pid"]] for a, name in found["traces"] if name == "decide"
    }
    for name in ("orders", "agent.function.duration"):
        assert {"parent", "child", "grandchild"} == {
            who[a["process.pid"]] for a, each in found["metrics"] if each == name
        }


def test_what_the_operator_has_set_stays(tmp_path: Path) -> None:
    """An instance id that was given is that of children, too."""
    code = INIT + "pid = os.fork()\nwith otel_agent.span('a'): pass\ntelemetry.flush(20)\nif pid: os.waitpid(pid, 0)\n"
    with OtlpServer() as server:
        variables = {
            "OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=blue",
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.endpoint,
        }
        ended = run_agent(code, tmp_path, **variables)

        assert 0 == ended.status, ended.err
        of = [attributes for attributes, _ in resources(server)["traces"]]
        assert {"blue"} == {each["service.instance.id"] for each in of}
        assert 2 == len({each["process.pid"] for each in of})


LEAVING = """
pid = os.fork()
if pid == 0:
    LINES
    os._exit(0)
os.waitpid(pid, 0)
print(pid)
"""
A_SPAN = "with otel_agent.span('a'): pass"


@pytest.mark.parametrize(
    ("lines", "is_said"),
    [
        ("pass", False),
        (A_SPAN, True),
        (f"{A_SPAN}\n    telemetry.flush(20)", False),
        (f"{A_SPAN}\n    telemetry.shutdown()", False),
        (f"{A_SPAN}\n    telemetry.flush(20)\n    {A_SPAN}", True),
        (f"{A_SPAN}\n    sys.exit(0)", False),
    ],
    ids=["nothing", "lost", "flushed", "ended", "lost-later", "returned"],
)
def test_a_child_that_vanishes_with_telemetry_is_said(tmp_path: Path, lines: str, *, is_said: bool) -> None:
    """Once, by its parent, with its process id and what to do; one that had nothing to lose is not."""
    with OtlpServer() as server:
        code = INIT + LEAVING.replace("LINES", lines)
        ended = run_agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

    assert 0 == ended.status, ended.err
    assert is_said == (f"the forked child {ended.out.strip()} has ended with telemetry" in ended.err)
    assert is_said or "" == ended.err


def test_where_there_is_a_journal_nothing_vanishes(tmp_path: Path) -> None:
    """So nothing is said, and the next process sends it."""
    code = INIT.replace(", spool=False", "") + LEAVING.replace("LINES", A_SPAN)
    with OtlpServer() as server:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": server.endpoint, "OTEL_AGENT_SPOOL__LEVEL": "journal"}
        ended = run_agent(code, tmp_path, **variables)
        again = run_agent(INIT.replace(", spool=False", "") + "telemetry.flush(20)", tmp_path, **variables)

        assert (0, "", 0) == (ended.status, ended.err, again.status)
        assert ["a"] == [name for _, _, name in server.spans]
