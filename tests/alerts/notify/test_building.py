"""What the configuration says of receivers, routes and inhibitions becomes objects, or a mistake with its path."""

from typing import Any

import pytest

from otel_agent.alerts.notify.building import build_notify


def test_receivers_and_routes_are_built_from_plain_values() -> None:
    """What the configuration says becomes receivers, routes and inhibitions; log is always there."""
    settings = build_notify(
        {
            "am": {"alertmanager": ["http://127.0.0.1:9093"]},
            "desk": {"webhook": {"url": "https://x.test/y", "timeout": "5s"}},
        },
        [
            {"match": {"severity": "critical"}, "to": ["am", "desk"], "group_by": ["alertname"], "repeat": "1h"},
            {"to": ["log"]},
        ],
        [{"when": {"severity": "critical"}, "mute": {"severity": "warning"}, "equal": ["job"]}],
    )

    assert () == settings.problems
    assert ["log", "am", "desk"] == [receiver.name for receiver in settings.receivers]
    assert [3600.0, 14_400.0] == [route.repeat_s for route in settings.routes]
    assert ("job",) == settings.inhibitions[0].equal


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (({"x": {"pager": {}}},), "alerts.notifiers.x: expected one of alertmanager, apprise, log, webhook"),
        (({"x": {"webhook": {"url": "http://a.test"}}},), "alerts.notifiers.x.webhook: the URL of a webhook is http"),
        (({"x": {"webhook": {"uri": "https://a.test"}}},), "alerts.notifiers.x.webhook.url: is needed"),
        (({"x": {"alertmanager": 3}},), "expected a list of URLs"),
        (({}, [{"to": ["desk"]}]), "alerts.routes[0].to: 'desk' is no notifier; known are log"),
        (({}, [{"match": {"a": "~("}, "to": ["log"]}]), "cannot be read"),
        (({}, [{"too": ["log"]}]), "alerts.routes[0].too: is not known here; did you mean to?"),
        (({}, [], [{"when": {"a": "b"}}]), "alerts.inhibit[0].mute: is needed"),
    ],
)
def test_mistakes_in_notifiers_have_a_path(arguments: tuple[Any, ...], problem: str) -> None:
    """Every mistake says where it stands; the others are used."""
    assert problem in "\n".join(build_notify(*arguments).problems)
