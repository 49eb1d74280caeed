"""
Whole agents while their receiver, their processes and their disk are treated badly, and an account that must balance.

Three workers emit from threads, an event loop and forked children. A controller with dice kills and misleads the receiver, stops,
terminates and kills workers, and tears the tails off what dead ones left on the disk. At the end all is well again and the last
process delivers what waits. The verdict is an exact law of what was accepted and what arrived, never a time.
At the level `journal` it holds whatever is done to them; at `spill` for everything but SIGKILL and torn disks.

    OTEL_AGENT_CHAOS_SEED=7 OTEL_AGENT_CHAOS_S=30 pytest tests/faults/chaos      the same dice again, for so long

Laws, by the numbers of the invariants they stand for:
1  a span or record whose call had returned has arrived, or was in a request that the controller itself tore off the disk
2  what comes twice was in a request whose answer was lost
4  no call takes long at the 99.9th percentile     5  memory, threads and descriptors do not grow
6  the disk stays below its bound                   7  few lines are said, and no traceback
8  the last count of a worker that ended in order is what it counted
"""

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from agent_process import environment, run_agent
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_server import OtlpServer

from otel_agent.delivery.spool.frames import scan

WORKER = Path(__file__).with_name("chaos_worker.py")
WORKERS = 3
CAP_BYTES = 64 << 20
RSS_GROWTH_KIB = 60_000
MAX_DESCRIPTORS = 60 + 32 * 7
"""The agent's own, and those of as many directories of the dead as are held at a time."""
CALL_MS = 2000.0
"""Far above what a call takes; it is there for calls that wait for the receiver."""
MODES = ["503", "429:1", "reset", "ackless", "html", "401", "404", "redirect:307", "slow:0.1", "slow:1", "hang"]
MILD = ["mode", "mode", "mode", "well", "well", "down", "terminate", "stop"]
ACTIONS = {"journal": [*MILD, "kill", "kill", "tear"], "spill": [*MILD, "terminate"]}
"""By level of the spool: what may be done to agents that are to lose nothing."""


class Worker:
    """One agent of the run."""

    def __init__(self, name: str, server: OtlpServer, home: Path, seconds: float, level: str) -> None:
        self.name = name
        self.was_ended = False
        self.gauges: list[tuple[int, int, int]] = []
        variables = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.endpoint,
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2000",
            "OTEL_AGENT_SPOOL__LEVEL": level,
            "OTEL_AGENT_SPOOL__MAX_BYTES": str(CAP_BYTES),
        }
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER), name, str(home / "tallies"), str(seconds)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home, **variables),
            cwd=home,
        )

    def look(self) -> None:
        """Note memory in KiB, threads, and descriptors."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
            fds = len(os.listdir(f"/proc/{self.process.pid}/fd"))
        except OSError:
            return
        figures = dict(line.split(":", 1) for line in lines)
        if "VmRSS" in figures:
            self.gauges.append((int(figures["VmRSS"].split()[0]), int(figures["Threads"]), fds))

    def signal(self, number: int) -> None:
        """Send a signal to one that may be gone."""
        if self.process.poll() is None:
            self.process.send_signal(number)

    def end(self) -> tuple[dict[str, Any], list[str]]:
        """Wait for it: what it has to say, and the lines its operator had to read."""
        try:
            out, err = self.process.communicate(timeout=60)
        finally:
            self.process.kill()
            self.process.wait(20)
        return (json.loads(out) if out else {}), err.splitlines()


class Account:
    """What must have arrived, and what did: each span by its ids, each log record by those of its span."""

    def __init__(self, server: OtlpServer, home: Path) -> None:
        self.server = server
        self.home = home
        self.torn: dict[str, set[tuple[str, bytes]]] = {"traces": set(), "logs": set()}

    def tear(self) -> bool:
        """Tear the tail off a file that a dead process left, as a crash of the machine may; keep what was in it."""
        owners = [Path(directory) / "owner" for directory, _, names in os.walk(self.home) if "owner" in names]
        for owner in sorted(owners):
            with suppress(OSError), owner.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for segment in sorted(owner.parent.glob("*.seg")):
                    signal_name = segment.name.partition("-")[0]
                    content = segment.read_bytes()
                    frames = list(scan(content))
                    if frames and signal_name in self.torn:
                        last = frames[-1]
                        self.torn[signal_name] |= set(_emitted(signal_name, content[last.content : last.end]))
                        os.truncate(segment, last.end - 5)
                        return True
        return False

    def arrived(self, signal_name: str) -> Counter[tuple[str, bytes]]:
        """Names and ids of everything stored, with repetitions."""
        return Counter(
            each
            for stored, body in list(self.server._stored)
            if stored == signal_name
            for each in _emitted(signal_name, body)
        )

    def orders(self, name: str) -> int:
        """The last count of a worker."""
        return max(
            (
                point.as_int
                for request in self.server._decoded("metrics", ExportMetricsServiceRequest)
                for resource in request.resource_metrics
                for scope in resource.scope_metrics
                for metric in scope.metrics
                if metric.name == f"orders.{name}"
                for point in metric.sum.data_points
            ),
            default=0,
        )

    def unbalanced(self, signal_name: str) -> dict[str, tuple[int, int]]:
        """By emitter: what was accepted and what is accounted for, where they differ."""
        found = Counter(name for name, _ in set(self.arrived(signal_name)) | self.torn[signal_name])
        wrong = {}
        for tally in sorted((self.home / "tallies").iterdir()):
            accepted = int.from_bytes(tally.read_bytes(), "little")
            # What was being emitted when a process was ended may be there or not.
            if not accepted <= found[tally.name] <= accepted + 1:
                wrong[tally.name] = (accepted, found[tally.name])
        return wrong


def _emitted(signal_name: str, body: bytes) -> list[tuple[str, bytes]]:
    if signal_name == "traces":
        return [
            (span.name, span.span_id)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
    return [
        (record.body.string_value, record.span_id)
        for resource in ExportLogsServiceRequest.FromString(body).resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
        if record.span_id
    ]


class Controller:
    """Does harm by the dice, for as long as it is told to."""

    def __init__(self, level: str, seed: int, seconds: float, server: OtlpServer, account: Account) -> None:
        self.level = level
        self.dice = random.Random(seed)
        self.seconds = seconds
        self.server = server
        self.account = account
        self.is_up = True
        self.harm: Counter[str] = Counter()
        self.began_s = time.monotonic()
        self.everybody: list[Worker] = []
        self.workers = [self.employ() for _ in range(WORKERS)]

    def left_s(self) -> float:
        """Seconds of harm still to come."""
        return self.seconds - (time.monotonic() - self.began_s)

    def employ(self) -> Worker:
        """Start another worker."""
        name, seconds = f"w{len(self.everybody)}", max(1.0, self.left_s())
        worker = Worker(name, self.server, self.account.home, seconds, self.level)
        self.everybody.append(worker)
        return worker

    def run(self) -> None:
        """Until the time is over; then all is made well."""
        while self.left_s() > 0:
            time.sleep(self.dice.uniform(0.2, 1.2))
            self.act(self.dice.choice(ACTIONS[self.level]))
            for worker in self.workers:
                worker.look()
            assert _used_bytes(self.account.home) <= CAP_BYTES * len(self.everybody)
        if not self.is_up:
            self.server.start()
        self.server.mode = "ok"

    def act(self, action: str) -> None:
        """One piece of harm."""
        self.harm[action] += action != "well"
        if action == "down" and self.is_up:
            self.server.stop()
            self.is_up = False
        elif not self.is_up and action in {"well", "mode", "down"}:
            self.server.start()
            self.is_up = True
        number = self.dice.randrange(len(self.workers))
        worker = self.workers[number]
        if action in {"mode", "well"}:
            self.server.mode = "ok" if action == "well" else self.dice.choice(MODES)
        elif action in {"kill", "terminate"} and self.left_s() > 1:
            worker.signal(signal.SIGKILL if action == "kill" else signal.SIGTERM)
            worker.was_ended = True
            self.workers[number] = self.employ()
        elif action == "stop":
            worker.signal(signal.SIGSTOP)
            time.sleep(self.dice.uniform(0.1, 0.5))
            worker.signal(signal.SIGCONT)
        elif action == "tear":
            self.harm["torn"] += self.account.tear()


def _used_bytes(home: Path) -> int:
    used = 0
    for directory, _, names in os.walk(home):  # says nothing of directories that vanish meanwhile, as `rglob` does
        for name in names:
            with suppress(OSError):
                used += os.stat(os.path.join(directory, name)).st_size if name.endswith(".seg") else 0
    return used


def drain(server: OtlpServer, home: Path) -> None:
    """The next process of the service delivers what the others left."""
    code = "import otel_agent, time\ntelemetry = otel_agent.init('chaos', instrument=False, trace_modules=False)\nend = time.monotonic() + 60\nwhile not telemetry.flush(30) and time.monotonic() < end: time.sleep(0.1)\nprint(bool(telemetry.flush(5)))"
    ended = run_agent(code, home, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)
    assert "True" == ended.out.strip(), ended


def chaos(level: str, seed: int, seconds: float, home: Path) -> None:
    """Do harm, then count."""
    print(f"OTEL_AGENT_CHAOS_SEED={seed} OTEL_AGENT_CHAOS_S={seconds:g}")  # shown when the test fails
    (home / "tallies").mkdir()
    with OtlpServer() as server:
        account = Account(server, home)
        controller = Controller(level, seed, seconds, server, account)
        try:
            controller.run()
        except BaseException:
            for worker in controller.everybody:
                worker.process.kill()
            raise
        ends = [worker.end() for worker in controller.everybody]
        drain(server, home)
        lines = [line for _, said in ends for line in said]
        processes = {tally.name.split(".")[1] for tally in (home / "tallies").iterdir()}
        largest = max(len(_emitted("traces", body)) for stored, body in server._stored if stored == "traces")

        assert {} == account.unbalanced("traces"), controller.harm
        assert {} == account.unbalanced("logs"), controller.harm
        repeated = sum(account.arrived("traces").values()) - len(account.arrived("traces"))
        assert repeated <= largest * (1 + sum(controller.harm.values())), controller.harm
        assert [] == [line for line in lines if "Traceback" in line], lines
        assert len(lines) <= len(processes) * (3 + 4 * (1 + seconds // 60)), lines
        for worker, (said, _) in zip(controller.everybody, ends, strict=True):
            _bounded(worker)
            if said and not worker.was_ended:
                assert 0 == worker.process.returncode
                assert all(said["balances"]), said
                assert 0 == said["dropped"], said
                assert said["orders"] == account.orders(worker.name), worker.name
                assert said["p999_ms"] < CALL_MS, said


def _bounded(worker: Worker) -> None:
    later = worker.gauges[len(worker.gauges) // 2 :]
    if len(later) < 4:
        return
    first, last = later[: len(later) // 2], later[len(later) // 2 :]
    assert max(each[0] for each in last) - min(each[0] for each in first) < RSS_GROWTH_KIB, worker.gauges
    assert max(each[1] for each in last) <= min(each[1] for each in first) + 15, worker.gauges
    assert max(each[2] for each in later) <= MAX_DESCRIPTORS, worker.gauges


def dice(default: int) -> int:
    """The seed of a run: given, or its own."""
    return int(os.environ.get("OTEL_AGENT_CHAOS_SEED", default))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("level", ["journal", pytest.param("spill", marks=pytest.mark.slow)])
def test_a_short_chaos_balances(tmp_path: Path, level: str) -> None:
    """Some seconds of harm to three agents: whatever was accepted has arrived, or was torn off the disk by the test itself."""
    chaos(level, dice(20_261), float(os.environ.get("OTEL_AGENT_CHAOS_S", "8")), tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(850)
def test_a_long_chaos_balances(tmp_path: Path) -> None:
    """The same for four minutes, with other dice."""
    chaos("journal", dice(20_262), float(os.environ.get("OTEL_AGENT_CHAOS_S", "240")), tmp_path)
