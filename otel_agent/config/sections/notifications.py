"""
Who is told of an alert, and which need not be told: the entries of `alerts.notifiers`, `alerts.routes` and `alerts.inhibit`.

Loaded when one of them is given.
"""

from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType, field

from otel_agent.config.kinds import Duration, FunctionPath, LabelValue, Name, ReceiverUrl, Secret, SecretValue
from otel_agent.config.sections.section import ChoiceSettings, EntrySettings

__all__ = ["InhibitionSettings", "LogNotifierSettings", "NotifierSettings", "RouteSettings", "WebhookSettings"]

ReceiverUrls = Annotated[tuple[ReceiverUrl, ...], Meta(min_length=1)]
SomeLabels = Annotated[dict[str, LabelValue], Meta(min_length=1)]


class LogNotifierSettings(EntrySettings, frozen=True, kw_only=True):
    """The agent's own log; there is nothing to set."""


class WebhookSettings(EntrySettings, frozen=True, kw_only=True):
    """A URL that gets the body Alertmanager sends to webhooks; the URL alone will do."""

    alone: ClassVar[str | None] = "url"

    url: ReceiverUrl
    """Where to: https and public, unless `allow_private` is on."""
    secret: Secret | None = None
    """Signs each message, in the header `X-Otel-Agent-Signature`; None: messages are not signed."""
    headers: dict[str, SecretValue] = field(default_factory=dict)
    """Sent with each message, by name, such as a token; values are secrets and never shown."""
    timeout: Duration = 5.0
    """Longest time for one message: name, connection, sending and answer together."""
    allow_private: bool = False
    """Whether the URL may lead to this machine or a private network, and be http."""


class NotifierSettings(ChoiceSettings, frozen=True, kw_only=True):
    """Somebody who can be told: the kind, and its settings."""

    alertmanager: ReceiverUrls | UnsetType = UNSET
    """URLs of Alertmanagers, each of which gets every alert."""
    apprise: ReceiverUrls | UnsetType = UNSET
    """URLs of services as apprise has them, such as `slack://…`; needs the extra `notify`."""
    function: FunctionPath | UnsetType = UNSET
    """A function of your own, plain or async, that takes one notification: `trader.alerts:page`; imported when first told."""
    log: LogNotifierSettings | bool | UnsetType = UNSET
    """A line of the agent's own log for each alert: `{}`."""
    webhook: WebhookSettings | UnsetType = UNSET
    """A URL of your own."""


class RouteSettings(EntrySettings, frozen=True, kw_only=True):
    """Which alerts go to whom; the first route that matches takes an alert."""

    to: Annotated[tuple[Name, ...], Meta(min_length=1)]
    """Names of notifiers; `log` is always there."""
    match: dict[str, LabelValue] = field(default_factory=dict)
    """Labels an alert must have; a value that begins with ~ is a pattern for the whole value. Empty: every alert."""
    group_by: tuple[str, ...] = ("alertname",)
    """Labels by which alerts come in one message; `["..."]`: a message for each alert."""
    group_wait: Duration = 0.0
    """How long the first message of a group waits for more to come."""
    group_interval: Duration = 300.0
    """Shortest time between two messages of a group."""
    repeat: Duration = 14_400.0
    """After how long a firing group is told again."""
    is_continued: bool = field(default=False, name="continue")
    """Whether the routes after it are asked too."""


class InhibitionSettings(EntrySettings, frozen=True, kw_only=True):
    """While one alert fires, others are not told."""

    when: SomeLabels
    """Labels of the one that fires, as in `match` of a route."""
    mute: SomeLabels
    """Labels of the others."""
    equal: tuple[str, ...] = ()
    """Labels in which both must agree; none by default."""
