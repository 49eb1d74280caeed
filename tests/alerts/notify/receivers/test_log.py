"""The agent's own log is the receiver that is always there."""

import logging
from collections.abc import Callable

import pytest

from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.notify.receivers.log import LogReceiver
from otel_agent.alerts.states import AlertState


def test_the_log_has_a_line_for_each_alert(
    caplog: pytest.LogCaptureFixture, make_note: Callable[..., Notification]
) -> None:
    """The level follows the severity, and the end is information."""
    caplog.set_level(logging.DEBUG, "otel_agent.alerts")
    LogReceiver().send(make_note("critical"))
    LogReceiver().send(make_note("warning", AlertState.INACTIVE))

    assert [("CRITICAL", "alert High firing: too high"), ("INFO", "alert High resolved: too high")] == [
        (record.levelname, record.getMessage()) for record in caplog.records
    ]


def test_labels_and_value_are_fields_of_the_record(
    caplog: pytest.LogCaptureFixture, make_note: Callable[..., Notification]
) -> None:
    """Whoever writes logs as JSON finds what the alert is about, and a logger of one's own may take the lines."""
    LogReceiver(logger=logging.getLogger("desk")).send(make_note())
    (record,) = caplog.records

    assert ("desk", {"alertname": "High", "severity": "warning"}, 7.0) == (
        record.name,
        record.__dict__["alert_labels"],
        record.__dict__["alert_value"],
    )
