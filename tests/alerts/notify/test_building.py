"""Receivers, routes and inhibitions out of the section `alerts`."""

from importlib.util import find_spec
from typing import Any

import pytest
from alert_settings import alert_problems, alert_settings

from otel_agent.alerts.notify.building import build_notify


def test_receivers_and_routes_are_built_from_settings() -> None:
    """What the configuration says becomes receivers, routes and inhibitions; log is always there."""
    built = build_notify(
        alert_settings(
            notifiers={
                "am": {"alertmanager": ["http://127.0.0.1:9093"]},
                "desk": {"webhook": {"url": "https://x.test/y", "timeout": "5s"}},
            },
            routes=[
                {"match": {"severity": "critical"}, "to": ["am", "desk"], "group_by": ["alertname"], "repeat": "1h"},
                {"to": ["log"], "continue": True},
            ],
            inhibit=[{"when": {"severity": "critical"}, "mute": {"severity": "warning"}, "equal": ["job"]}],
        )
    )

    assert () == built.problems
    assert ["log", "am", "desk"] == [receiver.name for receiver in built.receivers]
    assert [(3600.0, False), (14_400.0, True)] == [(route.repeat_s, route.is_continued) for route in built.routes]
    assert ("job",) == built.inhibitions[0].equal


def test_without_routes_everybody_is_told() -> None:
    """Every alert goes to every receiver there is."""
    built = build_notify(alert_settings(notifiers={"am": {"alertmanager": "http://127.0.0.1:9093"}}))

    assert [("log", "am")] == [route.to for route in built.routes]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"notifiers": {"x": {"pager": {}}}}, "alerts.notifiers.x.pager: unknown key; known are alertmanager, apprise, function, log, webhook"),
        ({"notifiers": {"x": {"webhook": {"url": "http://a.test"}}}}, "alerts.notifiers.x.webhook: the URL of a webhook is http"),
        ({"notifiers": {"x": {"webhook": {"uri": "https://a.test"}}}}, "alerts.notifiers.x.webhook.url: is needed"),
        ({"notifiers": {"x": {"alertmanager": []}}}, "alerts.notifiers.x.alertmanager: expected a list of at least one"),
        ({"notifiers": {"x": {"webhook": {"url": "https://a.test", "timeout": "soon"}}}}, "alerts.notifiers.x.webhook.timeout: expected a number of seconds, or a length of time"),
        ({"routes": [{"to": ["desk"]}]}, "alerts.routes[0].to: 'desk' is no notifier; known are log"),
        ({"routes": [{"to": []}, {"match": {"a": "~("}, "to": ["log"]}]}, "alerts.routes[1].match: "),
        ({"routes": [{"too": ["log"]}]}, "alerts.routes[0].too: unknown key, did you mean to?"),
        ({"inhibit": [{"when": {"a": "b"}}]}, "alerts.inhibit[0].mute: is needed"),
        ({"inhibit": [{"when": {"a": "~("}, "mute": {"c": "d"}}]}, "alerts.inhibit[0].when: "),
    ],
)  # fmt: skip
def test_mistakes_in_notifiers_have_a_path(settings: dict[str, Any], problem: str) -> None:
    """Every mistake says where it stands, whether the reader or the builder finds it; the others are used."""
    found, problems = alert_problems(**settings)
    built = build_notify(found)

    assert problem in "\n".join([*problems, *built.problems])
    assert ["log"] == [receiver.name for receiver in built.receivers]
    assert ((), [("log",)]) == (built.inhibitions, [route.to for route in built.routes])


def test_a_route_to_a_receiver_that_cannot_be_built_is_left_out() -> None:
    """Both are said; the alert goes to those there are."""
    built = build_notify(alert_settings(notifiers={"x": {"webhook": "http://a.test"}}, routes=[{"to": "x"}]))

    assert ["alerts.notifiers.x.webhook", "alerts.routes[0].to"] == [line.partition(":")[0] for line in built.problems]
    assert [("log",)] == [route.to for route in built.routes]


def test_apprise_is_an_extra() -> None:
    """Without apprise the message names the command that installs it; with it the receiver is built."""
    built = build_notify(alert_settings(notifiers={"chat": {"apprise": ["json://127.0.0.1:1/"]}}))

    if find_spec("apprise") is None:
        assert "pip install 'otel-agent[notify]'" in built.problems[0]
    else:
        assert () == built.problems
