"""Senders and spool from the configuration."""

from pathlib import Path
from typing import Any

import pytest
from agent_process import run_agent
from otlp_server import OtlpServer

from otel_agent.config.sections.export import SIGNALS, ExportSettings
from otel_agent.config.sections.spool import SpoolSettings
from otel_agent.delivery.outcomes import Verdict
from otel_agent.telemetry.assembly.senders import Credentials, build_sender, build_spool

WORK = """
import logging
import otel_agent

otel_agent.init("trader", instrument=False)
with otel_agent.span("trade_day"):
    logging.getLogger("trader").warning("decided")
"""

NOWHERE: dict[str, tuple[str, ...]] = dict.fromkeys(SIGNALS, ())


def test_grpc_takes_the_same_way(tmp_path: Path) -> None:
    """The protocol is a setting, nothing else changes."""
    with OtlpServer(protocol="grpc") as server:
        run_agent(
            WORK,
            tmp_path,
            OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint,
            OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
        )

        assert {"trade_day"} == {name for _, _, name in server.spans}
        assert ["decided"] == server.logs


def test_without_a_receiver_there_is_no_sender() -> None:
    """Nothing is sent, so nothing is built for it."""
    assert build_sender(ExportSettings(), NOWHERE) is None


def test_each_signal_goes_where_it_is_to_go(tmp_path: Path) -> None:
    """One to a receiver, another to a file, the third to nobody."""
    file = tmp_path / "telemetry.jsonl"
    export = ExportSettings(endpoint="http://127.0.0.1:4318", file=str(file))
    sender = build_sender(export, {"traces": ("otlp",), "logs": ("file",), "metrics": ()})

    assert sender is not None
    assert "http://127.0.0.1:4318/v1/traces" == sender.where("traces")
    assert str(file) in sender.where("logs")
    assert "nowhere" == sender.where("metrics")
    assert Verdict.DELIVERED is sender.send("metrics", b"", 1.0).verdict
    sender.close()


def test_headers_are_read_again_when_a_receiver_refuses_them(tmp_path: Path) -> None:
    """As they were loaded at first; then as the files have them by now."""
    asked: list[ExportSettings] = []

    def renew() -> ExportSettings:
        asked.append(ExportSettings(headers={"authorization": "new"}))
        return asked[-1]

    headers = Credentials({"authorization": "old"}, "traces", renew)

    assert ("old", 0) == (headers()["authorization"], len(asked))
    assert ("new", 1) == (headers()["authorization"], len(asked))


@pytest.mark.parametrize(("settings", "is_built"), [({}, True), ({"enabled": False}, False)])
def test_a_spool_is_built_where_it_is_wanted(settings: dict[str, Any], is_built: bool, tmp_path: Path) -> None:
    """Nothing is made on the disk by that."""
    directory = tmp_path / "spool"
    spool = build_spool(SpoolSettings(directory=str(directory), **settings), "trader")

    assert is_built == (spool is not None)
    assert not directory.exists()
