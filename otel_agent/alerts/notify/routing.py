"""Routes from alerts to receivers, and inhibition: an alert that makes others not worth telling."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from otel_agent.errors import RuleError
from otel_agent.series.labels import Labels
from otel_agent.series.matchers import compile_pattern

__all__ = ["Inhibition", "Route", "is_inhibited", "matches", "routes_for"]


@dataclass(frozen=True)
class Route:
    """A route from alerts to receivers."""

    to: tuple[str, ...]
    """Names of receivers."""
    match: Mapping[str, str] = field(default_factory=dict)
    """Labels an alert must have; a value that begins with ~ is a pattern for the whole value. Empty: every alert."""
    group_by: tuple[str, ...] = ("alertname",)
    """Labels by which alerts come in one message; ("...",) for a message for each alert."""
    group_wait_s: float = 0.0
    """How long the first message of a group waits for more to come, in seconds."""
    group_interval_s: float = 300.0
    """Shortest time between two messages of a group, in seconds."""
    repeat_s: float = 14_400.0
    """After how long a firing group is told again, in seconds."""
    is_continued: bool = False
    """Whether the routes after it are asked too."""


@dataclass(frozen=True)
class Inhibition:
    """While one alert fires, others are not told."""

    when: Mapping[str, str]
    """Labels of the alert that fires, written as those of `Route.match`."""
    mute: Mapping[str, str]
    """Labels of the alerts that are not told, written as those of `Route.match`."""
    equal: tuple[str, ...] = ()
    """Labels in which both must agree."""


def matches(match: Mapping[str, str], labels: Labels) -> bool:
    """
    Whether labels satisfy a condition.

    Args:
        match: Labels wanted, written as those of `Route.match`.
        labels: Labels of an alert.
    """
    return all(_matches_one(wanted, labels.get(name)) for name, wanted in match.items())


def _matches_one(wanted: str, value: str) -> bool:
    if not wanted.startswith("~"):
        return wanted == value
    return _pattern(wanted[1:]).fullmatch(value) is not None


def _pattern(text: str) -> "re.Pattern[str]":
    try:
        return compile_pattern(text)
    except ValueError as error:
        raise RuleError([f"a route cannot be used: {error}"]) from error


def routes_for(routes: Sequence[Route], labels: Labels) -> list[Route]:
    """
    The routes of an alert: the first that matches, and more where it says so.

    Args:
        routes: All routes, in order.
        labels: Labels of the alert.
    """
    found: list[Route] = []
    for route in routes:
        if matches(route.match, labels):
            found.append(route)
            if not route.is_continued:
                break
    return found


def is_inhibited(labels: Labels, inhibitions: Iterable[Inhibition], firing: Iterable[Labels]) -> bool:
    """
    Whether an alert need not be told because of another one.

    Args:
        labels: Labels of the alert.
        inhibitions: All inhibitions.
        firing: Labels of all firing alerts.
    """
    for inhibition in inhibitions:
        if not matches(inhibition.mute, labels):
            continue
        # An alert that is on both sides mutes neither itself nor its likes; one on the source's side alone mutes it.
        # Source: https://github.com/prometheus/alertmanager/blob/main/inhibit/inhibit.go, excludeTwoSidedMatch
        is_on_both_sides = matches(inhibition.when, labels)
        for other in firing:
            if (
                matches(inhibition.when, other)
                and not (is_on_both_sides and matches(inhibition.mute, other))
                and all(other.get(name) == labels.get(name) for name in inhibition.equal)
            ):
                return True
    return False
