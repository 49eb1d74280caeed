"""Whole agents that fork (rows 29, 31, 32, 40): children neither hang nor count for their parent, and lose nothing."""

import signal
from pathlib import Path

import pytest
from faulted import trial
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

UNDER_LOAD = """
init()
meter = metrics.get_meter("agent")
counter = meter.create_counter("orders")
counter.add(5)
is_over = threading.Event()

def load():
    number = 0
    while not is_over.is_set():
        counter.add(0)
        meter.create_histogram(f"size.{number % 50}").record(number)
        telemetry.flush(0.2) if number % 20 == 0 else None
        logging.getLogger("trader").info("filled")
        number += 1

threads = [threading.Thread(target=load, daemon=True) for _ in range(3)]
for thread in threads: thread.start()
hung = []
for turn in range(TURNS):
    pid = os.fork()
    if pid == 0:
        counter.add(7)
        record(3)
        telemetry.flush(10)
        sys.exit(0)
    timer = threading.Timer(30, lambda: hung.append(pid) or os.kill(pid, signal.SIGKILL))
    timer.start()
    os.waitpid(pid, 0)
    timer.cancel()
is_over.set()
say(hung=len(hung))
"""

PREFORK = """
init()
children = []
for number in range(2):
    pid = os.fork()
    if pid == 0:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
        record(50)
        line("worker")
        stop.wait(30)
        record(50)
        sys.exit(0)
    children.append(pid)

def end(number, frame):
    for pid in children: os.kill(pid, signal.SIGTERM)
    say(statuses=[os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children])
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
record(10)
line("done")
time.sleep(60)
"""

FORKED_AT_THE_END = """
import multiprocessing
init(config={"lifecycle": {"shutdown_timeout_s": 30}})
has_begun, is_over = threading.Event(), threading.Event()

def rest():
    has_begun.set()
    if multiprocessing.parent_process() is None:
        is_over.wait(25)

def start_workers():
    has_begun.wait(25)
    process = multiprocessing.get_context("fork").Process(target=serve)
    process.start()
    process.join(20)
    say(child=process.exitcode)
    is_over.set()

def serve():
    record(20)
    say(is_running=telemetry.is_running, is_draining=telemetry.status()["health"]["draining"])

telemetry.on_stop(rest, timeout_s=25)
threading.Thread(target=start_workers, daemon=True).start()
record(5)
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(30)
"""

FORKED_LATE = """
import multiprocessing
init(config={"lifecycle": {"shutdown_timeout_s": 4}})

def serve():
    with otel_agent.span("late"):
        pass
    say(late=1)

def start_workers():
    until(lambda: not telemetry.is_running)
    time.sleep(1)
    multiprocessing.get_context("fork").Process(target=serve).start()

thread = threading.Thread(target=start_workers, daemon=True)
thread.start()
record(5)
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(30)
"""


def test_row_31_forks_under_load(tmp_path: Path) -> None:
    """Twenty forks while threads record, create instruments and collect: none hangs, each child counts from zero."""
    turns = 20
    with trial(tmp_path) as faulted:
        run = faulted.run(UNDER_LOAD.replace("TURNS", str(turns)))
        orders = [
            point.as_int
            for request in faulted.server._decoded("metrics", ExportMetricsServiceRequest)
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == "orders"
            for point in metric.sum.data_points
        ]

        assert (0, 0) == (run.status, run["hung"]), run
        assert {5, 7} == set(orders)
        assert orders.count(7) >= turns
        assert (3 * turns, 0) == (faulted.spans, faulted.duplicates)


def test_row_32_workers_of_a_prefork_server(tmp_path: Path) -> None:
    """Workers forked after `init`, stopped by a master that passes SIGTERM on, deliver all they did, each with an id of its own."""
    with trial(tmp_path) as faulted:
        with faulted.begin(PREFORK) as agent:
            agent.wait_for_line("done", "worker", "worker")
            agent.send(signal.SIGTERM)
            ended = agent.end()

        assert 0 == ended.status, ended.err
        assert '"statuses": [0, 0]' in ended.out
        assert (210, 0) == (faulted.spans, faulted.duplicates)


@pytest.mark.parametrize("level", ["spill", "journal"])
def test_a_child_that_is_forked_while_its_parent_begins_to_end_loses_nothing(level: str, tmp_path: Path) -> None:
    """A thread that starts workers does not know of the end yet; they end in time, and are not taken to be draining."""
    with trial(tmp_path) as faulted:
        run = faulted.run(FORKED_AT_THE_END, OTEL_AGENT_SPOOL__LEVEL=level)
        faulted.heal()

        assert -signal.SIGTERM == run.status
        assert (0, True, False) == (run["child"], run["is_running"], run["is_draining"])
        assert (25, 0) == (faulted.spans, faulted.duplicates)


def test_a_child_that_is_forked_while_its_parent_delivers_for_the_last_time_loses_no_span(tmp_path: Path) -> None:
    """The receiver takes nothing, so that the end takes all its time; no function of the agent's says that it has begun."""
    with trial(tmp_path) as faulted:
        faulted.server.mode = "hang"
        run = faulted.run(FORKED_LATE)
        faulted.heal()

        assert -signal.SIGTERM == run.status
        assert (
            5 + run.said.get("late", 0) == faulted.spans
        )  # a machine that is overloaded may end the parent before it forks


def test_row_40_a_seeded_random(tmp_path: Path) -> None:
    """Agents that seed `random`, and their forked children, have trace ids of their own."""
    code = """
    import random
    init()
    random.seed(42)
    first = random.random()
    record(5)
    pid = os.fork()
    record(5)
    if pid == 0:
        sys.exit(0)
    os.waitpid(pid, 0)
    random.seed(42)
    say(same=first == random.random())
    """
    with trial(tmp_path) as faulted:
        runs = [faulted.run(code) for _ in range(2)]

        assert all(run["same"] for run in runs)
        assert (30, 0) == (faulted.spans, faulted.duplicates)
        assert 6 == len({trace_id for trace_id, _, _ in faulted.server.spans})
