"""A trouble of three signals is said once, and its end when the last of them is well."""

import pytest

from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.trouble_reports import TroubleReports
from otel_agent.guard import shared


class Said:
    """What was reported."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[tuple[str, str]] = []
        monkeypatch.setattr(shared, "report", lambda kind, message: self.lines.append((kind, message)))
        monkeypatch.setattr(shared, "recovered", lambda kind, message: self.lines.append((kind, message)))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """Stands in for the process's guard, which says each kind once a minute only."""
    return Said(monkeypatch)


def test_it_is_over_with_the_last_signal(said: Said) -> None:
    """One signal that is well again ends nothing while another still fails."""
    reports = TroubleReports()
    outcome = ExportOutcome(Verdict.HELD, "unauthorized", "the token is wrong")
    reports.failed("traces", outcome, has_disk=True)
    reports.failed("logs", outcome, has_disk=False)
    reports.recovered("traces", "http://collector:4318")
    early = list(said.lines)
    reports.recovered("logs", "http://collector:4318")

    assert [
        ("delivery.unauthorized", "telemetry waits on the disk: the token is wrong"),
        ("delivery.unauthorized", "telemetry waits in memory: the token is wrong"),
    ] == early
    assert [("delivery.unauthorized", "telemetry is delivered again to http://collector:4318")] == said.lines[2:]


def test_whatever_passes_by_itself_is_one_kind(said: Said) -> None:
    """A receiver that is refused, then silent, then busy is unreachable, and is said under one name."""
    reports = TroubleReports()
    for problem in ("refused", "timeout", "busy"):
        reports.failed("traces", ExportOutcome(Verdict.LATER, problem), has_disk=True)

    assert {"delivery.unreachable"} == {kind for kind, _ in said.lines}


def test_a_child_has_nothing_to_take_back(said: Said) -> None:
    """What was said in the parent is not said to be over by a child."""
    reports = TroubleReports()
    reports.failed("traces", ExportOutcome(Verdict.LATER, "refused"), has_disk=True)
    reports.reinit_after_fork()
    reports.recovered("traces", "http://collector:4318")

    assert 1 == len(said.lines)
