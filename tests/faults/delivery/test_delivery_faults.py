"""
What a receiver, a disk and a process can do to telemetry: for each fault how many spans are lost, how many come twice, how long
the agent is kept, and how many lines it has to read.

Every row is a real process with a delivery engine, a receiver that misbehaves, and a second process that finds what the first
one left once the receiver is well again. The rows about whole agents (signals, interpreters, pools) are in `faults/process`.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from agent_process import environment
from otlp_server import OtlpServer

AGENT = Path(__file__).with_name("delivery_agent.py")
N = 1000


@dataclass
class Run:
    """One process from its start to its end."""

    steps: list[dict[str, Any]]
    status: int
    lines: list[str]
    """What its operator had to read."""
    took_s: float

    def of(self, name: str) -> dict[str, Any]:
        """What the last step of a name said."""
        return next(step for step in reversed(self.steps) if step["step"].startswith(name))


class Place:
    """A receiver and a spool directory that processes share."""

    def __init__(self, server: OtlpServer, home: Path) -> None:
        self.server = server
        self.home = home

    def begin(self, level: str = "spill", **settings: Any) -> "subprocess.Popen[str]":
        """Start a process; its steps are written to its input."""
        return subprocess.Popen(
            [sys.executable, str(AGENT), self.server.endpoint, str(self.home / "spool"), level, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(self.home),
        )

    def run(self, *steps: str, level: str = "spill", **settings: Any) -> Run:
        """One process that does all the steps."""
        process = self.begin(level, **settings)
        start_s = time.monotonic()
        try:
            out, err = process.communicate("\n".join(steps) + "\n", timeout=90)
        finally:
            process.kill()
        said = [json.loads(line) for line in out.splitlines()]
        return Run(said, process.returncode, err.splitlines(), time.monotonic() - start_s)

    def heal(self, *, is_down: bool = False) -> Run:
        """Make the receiver well, and let another process send what is left."""
        self.server.mode = "ok"
        self.server._script.clear()
        if is_down:
            self.server.start()
        return self.run("flush 20", "close 2")

    @property
    def unique(self) -> int:
        """Different spans that arrived."""
        return len({span[:2] for span in self.server.spans})


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A receiver that is well, and an empty disk."""
    with OtlpServer() as server:
        yield Place(server, tmp_path)


@dataclass(frozen=True)
class Row:
    """A fault of the receiver, and what it may cost."""

    number: int
    """In the table of faults this project keeps."""
    mode: str
    lines: tuple[int, int] = (1, 1)
    """Fewest and most lines of the first process."""
    duplicates: int = 0
    """Most spans that may arrive twice."""
    requests: int | None = None
    """Most requests that may have been made of a signal while the fault lasted."""
    is_flushed: bool = False
    """Whether a flush may be true."""
    hint: str = ""
    """A word that must be in the line."""
    steps: Sequence[str] = field(default=(f"put {N}", "flush 0.7", "logs 20", "close 1"))


ROWS = [
    Row(11, "down", hint="nobody listens"),
    Row(13, "hang", hint="no answer", duplicates=0, lines=(0, 1)),
    Row(14, "503", hint="503"),
    Row(14, "429:30", requests=1, hint="429"),
    Row(15, "401", hint="credentials"),
    pytest.param(Row(15, "403", hint="forbids"), marks=pytest.mark.slow),
    pytest.param(Row(16, "404", hint="path"), marks=pytest.mark.slow),
    pytest.param(Row(18, "redirect:301", hint="redirects"), marks=pytest.mark.slow),
    Row(18, "redirect:307", hint="redirects"),
    Row(19, "html", hint="no OTLP"),
    Row(22, "reset", hint="ended before"),
    pytest.param(Row(22, "500", hint="500"), marks=pytest.mark.slow),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}-{row.mode}")
def test_a_fault_of_the_receiver_loses_nothing(place: Place, row: Row) -> None:
    """Flush says no within its time, the end is in time, one line says why, and the next process delivers all of it once."""
    place.server.mode = row.mode
    if row.mode == "down":
        place.server.stop()
    first = place.run(*row.steps)
    requests = max((len(place.server.requests_of(signal)) for signal in ("traces", "logs", "metrics")), default=0)
    second = place.heal(is_down=row.mode == "down")

    assert not first.of("flush")["good"]
    assert first.of("flush")["took_s"] < 0.7 + 0.8
    assert first.of("close")["took_s"] < 1 + 0.8
    assert (N + 21, 0, 0) == tuple(first.of("close")[key] for key in ("spooled", "dropped", "queued"))
    assert row.lines[0] <= len(first.lines) <= row.lines[1], first.lines
    assert row.hint in "".join(first.lines) or not first.lines
    assert row.requests is None or requests <= row.requests
    assert second.of("flush")["good"]
    assert [] == second.lines
    assert (N, 20, ["agent.cash"]) == (place.unique, len(place.server.logs), place.server.metrics)
    assert place.server.duplicates <= row.duplicates


def test_row_17_one_bad_record(place: Place) -> None:
    """Of a thousand spans the receiver refuses for one, that one is put apart and the others arrive."""
    place.server.mode = "reject:poison"
    run = place.run("poison", f"put {N}", "flush 10", "close 1")

    assert 22 > run.of("flush")["dropped"] > 0
    assert place.unique >= N + 11
    assert 0 == place.server.duplicates
    assert 0 < len(list(place.home.rglob("quarantine/*.pb"))) == run.of("flush")["dropped"]


def test_row_20_partial_success(place: Place) -> None:
    """What the receiver says it left out is dropped in our books too, and its words are said."""
    place.server.mode = "partial:7:too old"
    run = place.run(f"put {N}", "flush 5", "close 1")
    requests = len(place.server.requests)

    assert 7 * requests == run.of("flush")["dropped"]
    assert N == run.of("flush")["dropped"] + run.of("flush")["delivered"]
    assert 1 == len(run.lines)
    assert "too old" in run.lines[0]


def test_row_21_stored_and_not_answered(place: Place) -> None:
    """A receiver that stores and breaks off gets a batch twice at most, with the same ids."""
    place.server.script("ackless")
    run = place.run(f"put {N}", "flush 5", "flush 5", "close 1")
    place.heal()

    assert N == place.unique
    assert place.server.duplicates <= N
    assert 0 == run.of("close")["dropped"]


@pytest.mark.parametrize(
    "how", ["kill", "_exit", *(pytest.param(each, marks=pytest.mark.slow) for each in ("abort", "exec"))]
)
def test_rows_8_and_9_a_journal_survives_every_death(place: Place, how: str) -> None:
    """At level journal nothing is lost however the process dies, also with a receiver that is away."""
    place.server.stop()
    place.run(f"put {N}", "logs 20", f"exit {how}", level="journal")
    second = place.heal(is_down=True)

    assert (N, 20) == (place.unique, len(place.server.logs))
    assert 0 == place.server.duplicates
    assert second.of("flush")["good"]


def test_row_8_a_kill_at_level_spill_costs_the_queue_at_most(place: Place) -> None:
    """What was on the disk is delivered; what was in memory when the process was killed is not, and no more than that."""
    place.server.stop()
    place.run(f"put {N}", "flush 1", "put 100", "exit kill")
    place.heal(is_down=True)

    assert N <= place.unique <= N + 100


@pytest.mark.slow
@pytest.mark.parametrize("outage_s", [1.5, 15, 40])
def test_row_12_an_outage(place: Place, outage_s: float) -> None:
    """At 50 spans a second an outage loses nothing, doubles a batch at most, and is worth three lines."""
    process = place.begin()
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"rate 50 1\nrate 50 {outage_s}\nrate 50 1\n")
        process.stdin.flush()
        process.stdout.readline()
        place.server.stop()
        process.stdout.readline()
        place.server.start()
        process.stdout.readline()
        _, err = process.communicate("flush 15\nclose 2\n", timeout=60)
    finally:
        process.kill()

    assert 5 * int(10 * outage_s) + 100 == place.unique
    assert place.server.duplicates <= 50
    assert len(err.splitlines()) <= 3, err


@pytest.mark.parametrize(("number", "mode"), [(50_000, "ok"), (20_000, "slow:0.5")], ids=["row 23", "row 24"])
def test_rows_23_and_24_a_burst(place: Place, number: int, mode: str) -> None:
    """Tens of thousands of spans at once, and a receiver that is slow, lose nothing and are hardly felt by who ends them."""
    place.server.mode = mode
    run = place.run("put 5000", "flush 30", f"put {number}", "flush 30", "close 2")
    alone_us = run.steps[0]["p99_us"]
    number += 5000

    assert run.of("flush")["good"], run.steps
    assert (number, 0) == (place.unique, place.server.duplicates)
    assert run.of("put")["p99_us"] < max(3 * alone_us, 50)


def test_row_25_a_full_spool(place: Place) -> None:
    """What is given up and what arrives are exactly what was put in."""
    place.server.stop()
    first = place.run(*["put 500", "flush 1"] * 12, "status", "close 1", max_bytes=131_072)
    second = place.heal(is_down=True)
    dropped = first.of("status")["status"]["traces"]["dropped"]

    assert {"spool_full"} == set(dropped)
    assert 6000 == place.unique + dropped["spool_full"]
    assert second.of("flush")["good"]
    assert len(first.lines) <= 3


def test_row_26_a_disk_that_fails(place: Place) -> None:
    """A disk that takes no more is said once; what memory holds is sent when the receiver is back, and nothing is raised."""
    place.server.stop()
    process = place.begin()
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write("limit 50000\n" + f"put {N}\nflush 1\n" * 3 + "status\n")
        process.stdin.flush()
        status = json.loads([process.stdout.readline() for _ in range(8)][-1])
        place.server.start()
        out, err = process.communicate("flush 15\nclose 2\n", timeout=60)
    finally:
        process.kill()

    assert "disk" in err
    assert status["status"]["traces"]["queued"] > 0
    assert 3 * N == place.unique
    assert json.loads(out.splitlines()[0])["good"]
    assert len(err.splitlines()) <= 4


def test_row_28_processes_that_share_a_directory(place: Place) -> None:
    """Four processes, two of them killed: each living one sends its own, one of them the rest, and nothing comes twice."""
    place.server.stop()
    runs: list[Run] = []
    ways = ["exit kill", "exit kill", "close 1", "close 1"]
    threads = [
        threading.Thread(target=lambda way=way: runs.append(place.run(f"put {N}", "flush 0.5", way, level="journal")))
        for way in ways
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    place.server.start()
    healers = [threading.Thread(target=lambda: runs.append(place.run("flush 15", "close 2"))) for _ in range(2)]
    for thread in healers:
        thread.start()
    for thread in healers:
        thread.join()
    place.heal()

    assert (4 * N, 0) == (place.unique, place.server.duplicates)


@pytest.mark.parametrize("level", ["spill", "journal"])
def test_rows_33_to_35_poison(place: Place, level: str) -> None:
    """Values no wire format carries are repaired or bounded, everything around them arrives, and nothing is raised."""
    run = place.run("put 100", "poison", "put 100", "flush 30", "close 2", level=level)
    names = [span[2] for span in place.server.spans]

    assert 0 == run.status
    assert 211 == names.count("decide")
    assert 0 == run.of("flush")["dropped"]
    assert 11 == len(place.server.logs)
    assert "good" in place.server.metrics
    assert "metric-\\udcff" in place.server.metrics
    assert run.of("flush")["good"]


@pytest.mark.parametrize("jump_s", [-3600, *(pytest.param(each, marks=pytest.mark.slow) for each in (-60, 86_400))])
def test_row_39_a_clock_that_jumps(place: Place, jump_s: int) -> None:
    """A wall clock set back or forth shortens no wait and lengthens none."""
    place.server.mode = "hang"
    run = place.run(f"put {N}", f"jump {jump_s}", "flush 0.5", "close 0.5")
    place.heal()

    assert run.of("flush")["took_s"] < 0.5 + 0.8
    assert run.of("close")["took_s"] < 0.5 + 0.8
    assert (N, 0) == (place.unique, place.server.duplicates)
