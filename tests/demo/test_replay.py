"""A replay trades the last days of the data and says what came of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_process import run_agent
from otlp_server import OtlpServer

PROGRAM = """
from otel_agent.demo.replay import replay
print(repr(replay({days}, 0, forever=False)))
"""


@pytest.fixture
def server() -> Iterator[OtlpServer]:
    """A receiver."""
    with OtlpServer() as running:
        yield running


def test_a_replay_sends_what_it_traded(server: OtlpServer, tmp_path: Path) -> None:
    """Each day is a trace, the summary counts what was sent, and the numbers are the agent's own."""
    ended = run_agent(PROGRAM.format(days=40), tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

    assert 0 == ended.status, ended.err
    assert re.search(r"Trading .* from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d\.", ended.out)
    assert "40 days, " in ended.out
    (days, orders) = re.findall(r"ReplayResult\(days=(\d+), orders=(\d+),", ended.out)[0]
    assert f"Traded {days} days: {orders} orders" in ended.out
    assert f"records went to {server.endpoint}." in ended.out
    assert 40 == sum(name == "TradingAgent.trade_day" for _, _, name in server.spans)
    assert {"size", "decide", "Broker.fetch_quote", "Ledger.position"} <= {name for _, _, name in server.spans}


def test_without_a_receiver_the_way_to_one_is_shown(tmp_path: Path) -> None:
    """Spans go to the terminal, and the last lines say how to see them elsewhere."""
    ended = run_agent(PROGRAM.format(days=2), tmp_path)

    assert 0 == ended.status, ended.err
    assert "To see these traces in Jaeger and the metrics in Grafana:" in ended.out
    assert "TradingAgent.trade_day" in ended.err
