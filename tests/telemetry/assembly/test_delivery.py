"""Destinations, observers, and the engine behind the queues."""

import sys
from types import SimpleNamespace

import pytest

from otel_agent.config.model import Config
from otel_agent.config.sections.export import ExportSettings
from otel_agent.config.sections.spool import SpoolSettings
from otel_agent.redaction.redactor import Redactor
from otel_agent.telemetry.assembly.delivery import build_engine, destinations, joined


@pytest.mark.parametrize(("is_terminal", "where"), [(True, ("console",)), (False, ())])
def test_without_an_endpoint_a_terminal_is_the_destination(
    is_terminal: bool, where: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is one to read."""
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: is_terminal))

    assert {where} == set(destinations(ExportSettings()).values())


def test_a_process_without_a_standard_error_has_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a service of Windows has none."""
    monkeypatch.setattr(sys, "stderr", None)

    assert {()} == set(destinations(ExportSettings()).values())


def test_observers_are_joined_in_order_and_by_signal() -> None:
    """Whoever comes first sees each batch first."""
    first, second, third = [lambda _: None], [lambda _: None], [lambda _: None]

    assert {"traces": [*first, *third], "logs": second} == joined(
        {"traces": first}, {}, {"logs": second, "traces": third}
    )


def test_the_engine_behind_the_queues_shows_observers_each_batch(tmp_path: object) -> None:
    """It is built when it is first needed, and what is to run beside it begins then."""
    seen: list[object] = []
    beside: list[str] = []
    engine = build_engine(
        Config(spool=SpoolSettings(enabled=False)),
        {"traces": (), "metrics": (), "logs": ()},
        {"logs": [seen.extend]},
        redactor=Redactor(),
        received=["logs"],
        beside=lambda: beside.append("began"),
    )
    engine.start()
    engine.queues["logs"].items.append("a record")
    delivery = engine.flush(30)
    engine.close(30)

    assert (["a record"], 1) == (seen, delivery.delivered)
    assert ["began"] == beside
