"""`otel-agent spool`: what waits is shown, and sent."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from otlp_server import OtlpServer
from telemetry_items import collection, entries, put, spans

from otel_agent.cli import spool
from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.spool.spool import Spool


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of OpenTelemetry's and no configuration file of somebody's."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A spool with something in it that a process has left."""
    engine = DeliveryEngine(None, spool=Spool(tmp_path / "spool", service="trader"))
    put(engine.queues["traces"], spans(30))
    put(engine.queues["logs"], entries(4))
    put(engine.queues["metrics"], [collection("a")])
    engine.close(2)
    return tmp_path / "spool"


@pytest.fixture
def server() -> Iterator[OtlpServer]:
    """A receiver."""
    with OtlpServer() as running:
        yield running


def otel_agent_spool(*words: str) -> int:
    """Run the command in this process."""
    parser = argparse.ArgumentParser()
    spool.configure(parser)
    return spool.run(parser.parse_args(list(words)))


def test_what_waits_is_shown(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Items by signal, size, age and processes of each service."""
    running = Spool(directory, service="other")
    running.append("traces", b"request", 7)
    status = otel_agent_spool("list", "--directory", str(directory), "--json")
    found = {each["service"].rpartition("-")[0]: each for each in json.loads(capsys.readouterr().out)}
    running.close()

    assert 0 == status
    assert {"traces": 30, "logs": 4, "metrics": 1} == found["trader"]["items"]
    assert (0, 1) == (found["trader"]["running_processes"], found["trader"]["gone_processes"])
    assert ({"traces": 7, "logs": 0, "metrics": 0}, 1) == (
        found["other"]["items"],
        found["other"]["running_processes"],
    )


def test_people_are_shown_a_table(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for reading; looking changes nothing."""
    before = sorted(directory.rglob("*"))
    otel_agent_spool("list", "--directory", str(directory))
    out = capsys.readouterr().out

    assert "trader-" in out
    assert "0 + 1 gone" in out
    assert before == sorted(directory.rglob("*"))


def test_an_empty_spool_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory that is not there has nothing in it."""
    status = otel_agent_spool("list", "--directory", str(tmp_path / "none"))

    assert (0, "the spool is empty\n") == (status, capsys.readouterr().out)


def test_what_waits_is_sent(directory: Path, server: OtlpServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything arrives once, and nothing is left."""
    status = otel_agent_spool("drain", "--directory", str(directory), "--endpoint", server.endpoint, "--json")
    result = json.loads(capsys.readouterr().out)
    again = otel_agent_spool("drain", "--directory", str(directory), "--endpoint", server.endpoint)

    assert (0, 0) == (status, again)
    assert [35] == [each["delivered"] for each in result]
    assert (30, 4, ["a"]) == (len(set(server.spans)), len(server.logs), server.metrics)
    assert [] == list(directory.rglob("*.seg"))


def test_the_variables_say_where_to(
    directory: Path, server: OtlpServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they do for the agent, where `--endpoint` is not given."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.endpoint)
    status = otel_agent_spool("drain", "--directory", str(directory))

    assert 0 == status
    assert "35 delivered, 0 left, 0 dropped" in capsys.readouterr().out


def test_who_waits_sees_how_far_it_is(
    directory: Path, server: OtlpServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver that takes its time is told of on standard error, and everything arrives all the same."""
    monkeypatch.setattr(spool, "PROGRESS_S", 0.1)
    server.mode = "slow:0.5"
    status = otel_agent_spool("drain", "--directory", str(directory), "--endpoint", server.endpoint)
    said = capsys.readouterr()

    assert 0 == status
    assert " left …\n" in said.err
    assert "35 delivered, 0 left, 0 dropped" in said.out


def test_what_cannot_be_sent_stays(directory: Path, server: OtlpServer, capsys: pytest.CaptureFixture[str]) -> None:
    """With a receiver that refuses the credentials the status is 1, the reason is said, and everything stays."""
    server.mode = "401"
    status = otel_agent_spool(
        "drain", "--directory", str(directory), "--endpoint", server.endpoint, "--timeout", "2", "--service", "trader"
    )
    said = capsys.readouterr()

    assert 1 == status
    assert "0 delivered, 35 left, 0 dropped" in said.out
    assert "credentials" in said.err
    assert 3 == len(list(directory.rglob("*.seg")))


def test_what_a_running_process_has_is_left_to_it(tmp_path: Path, server: OtlpServer, capsys: Any) -> None:
    """Its own engine sends it."""
    running = Spool(tmp_path, service="trader")
    running.append("traces", b"request", 7)
    status = otel_agent_spool("drain", "--directory", str(tmp_path), "--endpoint", server.endpoint)
    batch = running.next("traces")
    running.close()

    assert 0 == status
    assert "belongs to running processes" in capsys.readouterr().out
    assert batch is not None
    assert [] == server.requests


def test_only_the_named_service_is_drained(directory: Path, server: OtlpServer) -> None:
    """Others wait on."""
    otel_agent_spool("drain", "--directory", str(directory), "--endpoint", server.endpoint, "--service", "other")

    assert [] == server.requests
