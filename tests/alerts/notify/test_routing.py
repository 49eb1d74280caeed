"""Routes and inhibitions are conditions on labels."""

import pytest

from otel_agent.alerts.notify.routing import Inhibition, Route, is_inhibited, matches, routes_for
from otel_agent.errors import RuleError
from otel_agent.series.labels import Labels

DISK = Labels({"alertname": "Disk", "severity": "warning", "host": "a"})
DOWN = Labels({"alertname": "Down", "severity": "critical", "host": "a"})
DOWN_B = Labels({"alertname": "Down", "severity": "critical", "host": "b"})


@pytest.mark.parametrize(
    ("match", "is_match"),
    [
        ({}, True),
        ({"host": "a"}, True),
        ({"host": "a", "severity": "critical"}, False),
        ({"host": "~a|b"}, True),
        ({"alertname": "~Dis"}, False),
        ({"missing": ""}, True),
        ({"missing": "~.+"}, False),
    ],
)
def test_every_label_has_to_match(match: dict[str, str], *, is_match: bool) -> None:
    """A value is compared whole, as a pattern when it begins with ~; a missing label counts as empty."""
    assert is_match == matches(match, DISK)


def test_a_pattern_that_is_none_is_a_mistake() -> None:
    """A route built by hand with a broken pattern says so when it is asked."""
    with pytest.raises(RuleError, match="a route cannot be used"):
        matches({"host": "~("}, DISK)


def test_the_first_route_that_matches_ends_the_search_unless_it_goes_on() -> None:
    """Routes that say to go on are followed by the next that matches; a label set no route matches has none."""
    routes = [
        Route(("desk",), {"severity": "critical"}, is_continued=True),
        Route(("am",), {"host": "a"}),
        Route(("log",), {"host": "~a|b"}),
    ]

    assert [["desk", "am"], ["am"], ["desk", "log"], []] == [
        [route.to[0] for route in routes_for(routes, labels)] for labels in (DOWN, DISK, DOWN_B, Labels())
    ]


def test_an_alert_mutes_others_with_equal_labels() -> None:
    """The warning of the host that is down is muted, by another host's alert it is not."""
    inhibitions = [Inhibition({"severity": "critical"}, {"severity": "warning"}, ("host",))]

    assert is_inhibited(DISK, inhibitions, [DOWN])
    assert not is_inhibited(DISK, inhibitions, [DOWN_B])
    assert not is_inhibited(DISK, [], [DOWN])


def test_an_alert_on_both_sides_does_not_mute_itself() -> None:
    """What is muted by its own kind is told all the same."""
    inhibitions = [Inhibition({"host": "a"}, {"severity": "critical"})]

    assert not is_inhibited(DOWN, inhibitions, [DOWN])


def test_an_alert_on_both_sides_is_muted_by_one_that_is_a_source_alone() -> None:
    """As in Alertmanager: the page mutes the ticket, the ticket the note, and no ticket another one."""
    page, ticket, note, other = (
        Labels({"alertname": name, "tier": tier})
        for name, tier in (("A", "page"), ("B", "ticket"), ("C", "note"), ("D", "ticket"))
    )
    inhibitions = [Inhibition({"tier": "~page|ticket"}, {"tier": "~ticket|note"})]

    assert [False, True, True] == [is_inhibited(one, inhibitions, [page, ticket, note]) for one in (page, ticket, note)]
    assert [False, True] == [is_inhibited(one, inhibitions, [ticket, other, note]) for one in (ticket, note)]
