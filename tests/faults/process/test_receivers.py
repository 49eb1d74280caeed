"""Whole agents whose receiver misbehaves (rows 11 to 22): what is lost, what comes twice, how long it takes, what is said."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from faulted import trial

SPANS, RECORDS = 200, 20

LIFE = f"""
init(shutdown_timeout_s=1)
record({SPANS})
flush(0.7)
log({RECORDS})
line("done")
"""


@dataclass(frozen=True)
class Row:
    """A fault, and the most it may cost beside no data."""

    number: int
    mode: str
    hint: str
    """A word that must be in what is said."""
    requests: int | None = None
    """Most requests of each signal while the fault lasted."""
    duplicates: int = 0


ROWS = [
    Row(14, "429:30", "429", requests=1),
    Row(16, "404", "path"),
    pytest.param(Row(11, "refused", "nobody listens"), marks=pytest.mark.slow),
    pytest.param(Row(13, "hang", "no answer"), marks=pytest.mark.slow),
    pytest.param(Row(14, "503", "503"), marks=pytest.mark.slow),
    pytest.param(Row(15, "401", "credentials"), marks=pytest.mark.slow),
    pytest.param(Row(15, "403", "forbids"), marks=pytest.mark.slow),
    pytest.param(Row(18, "redirect:301", "redirects"), marks=pytest.mark.slow),
    pytest.param(Row(19, "html", "no OTLP"), marks=pytest.mark.slow),
    pytest.param(Row(22, "reset", "ended before"), marks=pytest.mark.slow),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}-{row.mode}")
def test_a_fault_costs_no_data(row: Row, tmp_path: Path) -> None:
    """A flush says no in its time, the end is in time, at most three lines name the fault, and all arrives once later."""
    with trial(tmp_path, mode=row.mode) as faulted:
        first = faulted.run(LIFE, until="done")
        requests = [len(faulted.server.requests_of(signal)) for signal in ("traces", "logs", "metrics")]
        faulted.heal()

        assert 0 == first.status, first
        assert not first["flushed"]
        assert first["flush_s"] < 0.7 + 2
        assert first.took_s < 1 + 4
        assert len(first.lines) <= 3, first.lines
        assert row.hint in "".join(first.lines) or not first.lines
        assert row.requests is None or max(requests) <= row.requests
        assert (SPANS, RECORDS) == (faulted.spans, faulted.records)
        assert faulted.duplicates <= row.duplicates
        assert "system.memory.usage" in faulted.server.metrics


def test_row_15_a_new_token_is_enough(tmp_path: Path) -> None:
    """A token that has expired keeps the data; when its file holds a new one, the same process delivers all of it."""
    code = f"""
    token = open("token", "w"); token.write("old"); token.flush()
    init()
    record({SPANS})
    flush(1)
    say(warned=until(lambda: telemetry.health.report().state.value == "degraded", 20))
    say(before=telemetry.status()["delivery"]["traces"])
    token.seek(0); token.write("new"); token.close()
    until(lambda: flush(10))
    """
    (tmp_path / "otel-agent.yaml").write_text('export: {headers: {authorization: "${file:token}"}}')
    with trial(tmp_path, mode="unauthorized:new") as faulted:
        run = faulted.run(code)

        assert 0 == run.status, run
        assert 0 == run["before"]["delivered"]
        assert run["warned"]
        assert run["flushed"], run
        assert (SPANS, 0) == (faulted.spans, faulted.duplicates)
        assert len(run.lines) <= 3, run.lines
        assert "credentials" in run.lines[0]


def test_row_17_one_bad_record_costs_itself(tmp_path: Path) -> None:
    """The receiver refuses every request with one span in it: that span is put apart, the others arrive."""
    code = f"""
    init()
    record({SPANS})
    with otel_agent.span("poisonous"): pass
    record({SPANS})
    flush(20)
    say(dropped=dropped(), delivered=telemetry.status()["delivery"]["traces"]["delivered"])
    """
    with trial(tmp_path, mode="reject:poisonous") as faulted:
        run = faulted.run(code)

        assert (1, 2 * SPANS) == (run["dropped"], run["delivered"]), run
        assert (2 * SPANS, 0) == (faulted.spans, faulted.duplicates)
        assert 1 == len(list(tmp_path.rglob("quarantine/*.pb")))
        assert len(run.lines) <= 3, run.lines


def test_row_20_what_the_receiver_leaves_out_is_counted_as_it_says(tmp_path: Path) -> None:
    """A partial success is dropped in our books by the receiver's own number, and its words are said once."""
    code = f"init(config={{'metrics': {{'enabled': False}}}}); record({SPANS}); flush(10); say(dropped=dropped(), status=telemetry.status()['delivery']['traces'])"
    with trial(tmp_path, mode="partial:7:too old") as faulted:
        run = faulted.run(code)
        requests = len(faulted.server.requests_of("traces"))

        assert 7 * requests == run["dropped"]
        assert SPANS == run["dropped"] + run["status"]["delivered"]
        assert 1 == sum("too old" in line for line in run.lines), run.lines


def test_row_21_an_answer_that_never_came_doubles_one_request(tmp_path: Path) -> None:
    """A receiver that stores and breaks off gets those spans once more, with the same ids, and nothing else twice."""
    with trial(tmp_path) as faulted:
        faulted.server.script("ackless")
        run = faulted.run(
            f"init(config={{'metrics': {{'enabled': False}}}}); record({SPANS}); until(lambda: flush(10)); say(dropped=dropped())"
        )

        assert run["flushed"], run
        assert 0 == run["dropped"]
        assert SPANS == faulted.spans
        assert faulted.duplicates <= SPANS


@pytest.mark.slow
def test_row_22_a_name_nobody_knows(tmp_path: Path) -> None:
    """An endpoint that cannot be resolved is named, the end is in time, and the next process delivers."""
    with trial(tmp_path) as faulted:
        first = faulted.run(LIFE, until="done", OTEL_EXPORTER_OTLP_ENDPOINT="http://collector.invalid:4318")
        faulted.heal()

        assert not first["flushed"]
        assert first.took_s < 1 + 4
        assert len(first.lines) <= 3, first.lines
        assert (SPANS, RECORDS, 0) == (faulted.spans, faulted.records, faulted.duplicates)


@pytest.mark.parametrize("mode", ["UNAVAILABLE", pytest.param("hang", marks=pytest.mark.slow)])
def test_the_same_over_grpc(mode: str, tmp_path: Path) -> None:
    """A receiver over gRPC that takes nothing costs no data either."""
    with trial(tmp_path, protocol="grpc", mode=mode) as faulted:
        variables = {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
        first = faulted.run(LIFE, until="done", **variables)
        faulted.server.mode = "ok"
        healed = faulted.run("init(); flush(30)", **variables)

        assert not first["flushed"]
        assert first.took_s < 1 + 5
        assert len(first.lines) <= 3, first.lines
        assert healed["flushed"], healed
        assert (SPANS, RECORDS, 0) == (faulted.spans, faulted.records, faulted.duplicates)
