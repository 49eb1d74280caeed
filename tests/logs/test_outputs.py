"""Console and files: one record is one line, with its ids, without its secrets, whatever else logs."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from waiting import until

from otel_agent.config.sections.logs import LogFileSettings, LogsSettings
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.logs.outputs import Outputs, build_outputs
from otel_agent.redaction.redactor import Redactor

TIMEOUT_S = 20.0


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger that no other test can reach."""
    logger = logging.Logger("trader.orders", logging.DEBUG)  # noqa: LOG001 - as said
    yield logger
    logger.handlers.clear()


@pytest.fixture
def outputs(tmp_path: Path, log: logging.Logger) -> Iterator[Outputs]:
    """A file, started, fed by the logger."""
    made = build_outputs(LogsSettings(files=(LogFileSettings(path="logs/agent.log"),)), Redactor(), directory=tmp_path)
    log.addHandler(BridgeHandler(None, Resource({"service.name": "trader"}), outputs=made.sinks))
    made.start()
    yield made
    made.close(TIMEOUT_S)


def records(directory: Path) -> list[dict[str, Any]]:
    """What stands in the file, line by line."""
    return [json.loads(line) for line in (directory / "logs/agent.log").read_text().splitlines()]


def test_a_record_is_a_line(outputs: Outputs, log: logging.Logger, tmp_path: Path) -> None:
    """The fields are those of the interface, and absent when there is nothing to say."""
    log.warning("order %s at %.2f", "A1", 3, extra={"symbol": "ACME"})

    assert outputs.flush(TIMEOUT_S)
    (record,) = records(tmp_path)
    moment = record.pop("timestamp")
    assert moment.endswith("Z")
    assert {
        "severity_text": "WARN",
        "severity_number": 13,
        "body": "order A1 at 3.00",
        "logger": "trader.orders",
        "service.name": "trader",
        "attributes": {"symbol": "ACME"},
    } == record


def test_an_exception_is_in_fields_of_its_own(outputs: Outputs, log: logging.Logger, tmp_path: Path) -> None:
    """Type, message and stack stand beside the body, and the line stays one line."""
    try:
        raise ValueError("no\nprice")
    except ValueError:
        log.exception("failed")

    assert outputs.flush(TIMEOUT_S)
    (record,) = records(tmp_path)
    assert ("failed", "ValueError", "no\nprice") == (
        record["body"],
        record["exception.type"],
        record["exception.message"],
    )
    assert record["exception.stacktrace"].startswith("Traceback")
    assert "attributes" not in record


def test_records_of_a_thousand_tasks_carry_their_own_ids(outputs: Outputs, log: logging.Logger, tmp_path: Path) -> None:
    """However tasks are interleaved, a record has the ids of the span it was logged in."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")
    expected = {}

    async def decide(number: int) -> None:
        with tracer.start_as_current_span("decide") as span:
            context = span.get_span_context()
            expected[number] = (f"{context.trace_id:032x}", f"{context.span_id:016x}")
            await asyncio.sleep(0)
            log.info("decided", extra={"number": number})
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(decide(number) for number in range(1000)))

    asyncio.run(main())
    log.info("outside")

    assert outputs.flush(TIMEOUT_S)
    *inside, outside = records(tmp_path)
    assert expected == {record["attributes"]["number"]: (record["trace_id"], record["span_id"]) for record in inside}
    assert "trace_id" not in outside


def test_what_is_written_holds_no_secret(outputs: Outputs, log: logging.Logger, tmp_path: Path) -> None:
    """Bodies, arguments, extras and exceptions are redacted before they reach the disk."""
    log.info("password=%s", "hunter2", extra={"token": "hunter2"})
    try:
        raise ValueError("postgres://me:hunter2@db")
    except ValueError:
        log.exception("failed")

    assert outputs.flush(TIMEOUT_S)
    assert "hunter2" not in (tmp_path / "logs/agent.log").read_text()


AGENT = """
import logging, sys
import otel_agent
telemetry = otel_agent.init("trader", instrument=False, config={config!r})
"""


def agent(home: Path, program: str, **config: object) -> str:
    """What an agent with logs of a configuration writes to standard error."""
    config = {"export": {"to": "none"}, **config}
    code = AGENT.format(config=config) + program + "\ntelemetry.shutdown(10)"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | {"HOME": str(home)}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=home, env=environ, capture_output=True, text=True, check=False, timeout=60
    )

    assert 0 == result.returncode, result.stderr
    return result.stderr


def test_our_own_loggers_are_written_but_not_exported(tmp_path: Path) -> None:
    """What we say about a failing export is in the log file, because it cannot be anywhere else."""
    program = 'logging.getLogger("otel_agent").error("export failed"); logging.getLogger("trader").error("no price")'
    config = {"export": {"to": "file", "file": "sent.jsonl"}, "logs": {"files": [{"path": "agent.log"}]}}

    assert "export failed\nno price\n" == agent(tmp_path, program, **config)
    assert "export failed" in (tmp_path / "agent.log").read_text()
    assert "no price" in (tmp_path / "sent.jsonl").read_text()
    assert "export failed" not in (tmp_path / "sent.jsonl").read_text()


def console(home: Path, form: str, program: str) -> str:
    """What an agent with a console output writes to standard error."""
    return agent(home, program, logs={"console": form})


def test_the_console_says_everything_once(tmp_path: Path) -> None:
    """Where the agent has no handler, the last resort of logging is silent, because we have said it."""
    lines = console(tmp_path, "json", 'logging.getLogger("a").warning("w")').splitlines()

    assert ["w"] == [json.loads(line)["body"] for line in lines]


def test_handlers_of_the_agent_stay_as_they_are(tmp_path: Path) -> None:
    """A later basicConfig does what it would have done, beside our console."""
    lines = console(
        tmp_path, "json", 'logging.basicConfig(format="theirs: %(message)s"); logging.warning("w")'
    ).splitlines()

    assert "theirs: w" in lines
    assert 2 == len(lines)


def test_text_is_for_people_and_obeys_nobody(tmp_path: Path) -> None:
    """A message cannot forge a line or move the cursor; a stack trace stands indented below."""
    program = r"""
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("a").exception("one\ntwo \x1b[31m \u202e", extra={"symbol": "A\nB"})
"""
    first, *stack = console(tmp_path, "text", program).splitlines()

    assert first[12:] == r"  ERROR  a  one\ntwo \x1b[31m \u202e  symbol=A\nB"
    assert stack
    assert all(line.startswith("    ") for line in stack)


def test_a_stalled_pipe_never_blocks_a_log_call(log: logging.Logger, tmp_path: Path) -> None:
    """With a pipe that nobody reads, calls, `flush` and `close` come back, what fits waits, and the rest is counted."""
    os.mkfifo(tmp_path / "agent.log")
    outputs = build_outputs(LogsSettings(files=(LogFileSettings(path="agent.log"),)), Redactor(), directory=tmp_path)
    log.addHandler(BridgeHandler(None, Resource({}), outputs=outputs.sinks))
    outputs.sinks[0].limit = 100
    outputs.start()
    for number in range(3_000):  # more than the pipe, a batch and the queue hold together
        log.info("%d %s", number, "x" * 1_000)

    assert not outputs.flush(0.05)
    assert not outputs.close(0.05)
    counts = until(lambda: next(iter(outputs.counts().values())), lambda found: found["accepted"] == 3_000)
    assert 3_000 == counts["accepted"]
    assert counts["dropped"]["queue_full"] > 0
    with (tmp_path / "agent.log").open("rb", buffering=0) as pipe:  # let the thread go, for the next test's sake
        os.set_blocking(pipe.fileno(), False)
        assert until(lambda: _drained(pipe, outputs))


def _drained(pipe: Any, outputs: Outputs) -> bool:
    while pipe.read(1 << 16):
        pass
    return not outputs.sinks[0].items
