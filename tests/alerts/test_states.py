"""An alert is told from others by its labels, and a copy of it does not change."""

from otel_agent.alerts.states import Alert, AlertState, fingerprint_of
from otel_agent.series.labels import Labels


def test_fingerprints_are_alertmanager_s() -> None:
    """The hash of labels is the one Alertmanager shows."""
    assert "cbf29ce484222325" == fingerprint_of(Labels())
    assert fingerprint_of(Labels({"a": "b"})) != fingerprint_of(Labels({"a": "c"}))


def test_a_copy_stays_as_the_alert_was() -> None:
    """Annotations, state and history of a copy do not follow the alert."""
    alert = Alert("Hot", Labels({"alertname": "Hot"}), {"summary": "a"}, AlertState.PENDING, 1.0, 5)
    copy = alert.copied()
    alert.annotations["summary"] = "b"
    alert.state = AlertState.FIRING
    for is_firing in (True, False) * 8:
        alert.history.push(is_firing=is_firing)

    assert ("a", AlertState.PENDING, False) == (copy.annotations["summary"], copy.state, copy.is_flapping)
    assert alert.is_flapping
    assert alert.fingerprint == copy.fingerprint


def test_an_alert_without_the_label_has_no_severity() -> None:
    """The severity is that of the label, else "none"."""
    labels = [Labels({"severity": "critical"}), Labels()]

    assert ["critical", "none"] == [Alert("A", one, {}, AlertState.FIRING, 1.0, 0).severity for one in labels]
