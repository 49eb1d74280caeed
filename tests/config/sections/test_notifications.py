"""Notifiers, routes and inhibitions."""

from otel_agent.config.sections.notifications import (
    InhibitionSettings,
    LogNotifierSettings,
    NotifierSettings,
    RouteSettings,
    WebhookSettings,
)


def test_a_notifier_is_of_one_kind() -> None:
    """With the settings of that kind."""
    webhook = WebhookSettings(url="https://a.test")

    assert ("webhook", webhook) == NotifierSettings(webhook=webhook).chosen
    assert ("log", LogNotifierSettings()) == NotifierSettings(log=LogNotifierSettings()).chosen
    assert ("alertmanager", ("http://a",)) == NotifierSettings(alertmanager=("http://a",)).chosen


def test_the_text_of_a_webhook_shows_its_host_only() -> None:
    """Paths of such addresses hold tokens, as headers and the secret do."""
    shown = repr(WebhookSettings(url="https://hooks.test/s3cret", secret="s3cret", headers={"x": "s3cret"}))

    assert "s3cret" not in shown
    assert "https://hooks.test/***" in shown


def test_a_route_tells_each_alert_in_a_message_with_its_likes() -> None:
    """At once, after five minutes when something is new, and again every four hours."""
    route = RouteSettings(to=("desk",))

    assert (("alertname",), 0.0, 300.0, 14_400.0, False, {}) == (
        route.group_by,
        route.group_wait,
        route.group_interval,
        route.repeat,
        route.is_continued,
        route.match,
    )


def test_an_inhibition_need_not_name_labels_that_agree() -> None:
    """Then any such alert mutes all others of the kind."""
    assert () == InhibitionSettings(when={"a": "b"}, mute={"c": "d"}).equal
