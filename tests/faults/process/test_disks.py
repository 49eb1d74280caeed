"""Whole agents whose disk is full, fails or was damaged (rows 25 to 27): what is given up is counted, the rest arrives."""

from pathlib import Path

import pytest
from faulted import trial

TRACES_ONLY = "config={'metrics': {'enabled': False}}"


def test_row_25_a_full_spool(tmp_path: Path) -> None:
    """What is given up for want of room and what arrives are exactly what was recorded."""
    code = f"""
    init({TRACES_ONLY})
    for _ in range(12):
        record(500)
        flush(1)
    say(dropped=telemetry.status()["delivery"]["traces"]["dropped"])
    """
    with trial(tmp_path, mode="refused") as faulted:
        first = faulted.run(code, OTEL_AGENT_SPOOL__MAX_BYTES="131072")
        used = sum(path.stat().st_size for path in tmp_path.rglob("*.seg"))
        faulted.heal()

        assert {"spool_full"} == set(first["dropped"]), first
        assert used <= 131_072
        assert (6000, 0) == (faulted.spans + first["dropped"]["spool_full"], faulted.duplicates)
        assert len(first.lines) <= 3, first.lines


def test_row_26_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    """A disk that fails in the middle is said; memory holds on, and everything arrives when the receiver is back."""
    code = f"""
    import resource
    init({TRACES_ONLY})
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    for _ in range(3):
        record(1000)
        flush(1)
    say(queued=telemetry.status()["delivery"]["traces"]["queued"])
    line("full")
    until(lambda: flush(5) and os.path.exists("up"))
    say(dropped=dropped())
    """
    with trial(tmp_path, mode="refused") as faulted:
        with faulted.begin(code) as agent:
            agent.wait_for_line("full")
            faulted.server.start()
            (tmp_path / "up").touch()
            ended = agent.end()

        assert 0 == ended.status, ended.err
        assert '"dropped": 0' in ended.out
        assert (3000, 0) == (faulted.spans, faulted.duplicates)
        assert "disk" in ended.err
        assert len(ended.err.splitlines()) <= 4, ended.err


@pytest.mark.parametrize("place", ["/dev/null/spool", "/proc/spool"])
def test_row_26_no_disk_at_all(place: str, tmp_path: Path) -> None:
    """Where nothing can be written everything goes on in memory, and the agent is told once."""
    with trial(tmp_path) as faulted:
        run = faulted.run(f"init(spool={place!r}); record(200); log(20); flush(10)")

        assert (0, True) == (run.status, run["flushed"]), run
        assert (200, 20, 0) == (faulted.spans, faulted.records, faulted.duplicates)
        assert len(run.lines) <= 3, run.lines


def test_row_27_a_damaged_spool(tmp_path: Path) -> None:
    """A torn tail costs the request it hit; empty, foreign and senseless files cost nothing."""
    with trial(tmp_path, mode="refused") as faulted:
        faulted.run(f"init({TRACES_ONLY})\nfor _ in range(5):\n    record(40)\n    flush(1)")
        (segment,) = tmp_path.rglob("*.seg")
        content = segment.read_bytes()
        segment.write_bytes(content[:-7])
        segment.with_name("empty.seg").touch()
        segment.with_name("foreign.seg").write_bytes(b"not one of ours" * 100)
        segment.with_name("notes.txt").write_text("left by somebody")
        healed = faulted.heal()

        assert (160, 0) == (faulted.spans, faulted.duplicates)
        assert len(healed.lines) <= 3, healed.lines


def test_row_28_killed_agents_of_one_directory(tmp_path: Path) -> None:
    """Two journals of agents that were killed at once are delivered by the next one, each span once."""
    code = "init(); record(300); line('done'); time.sleep(60)"
    variables = {"OTEL_AGENT_SPOOL__LEVEL": "journal"}
    with trial(tmp_path, mode="refused") as faulted:
        with faulted.begin(code, **variables) as first, faulted.begin(code, **variables) as second:
            first.wait_for_line("done")
            second.wait_for_line("done")
        faulted.heal()

        assert (600, 0) == (faulted.spans, faulted.duplicates)
