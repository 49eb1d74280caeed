"""A group is told once, then again when something changes, within its pauses; time is an argument."""

from collections.abc import Callable

import pytest

from otel_agent.alerts.notify.grouping import AlertGroup
from otel_agent.alerts.notify.routing import Route
from otel_agent.alerts.states import RESOLVED_RETENTION_MS, Alert, AlertState

NONE: frozenset[str] = frozenset()
MINUTE_MS = 60_000


@pytest.fixture
def group() -> AlertGroup:
    """A group that waits ten seconds, then is told at most once a minute and again after an hour."""
    return AlertGroup("log", Route(("log",), group_wait_s=10, group_interval_s=60, repeat_s=3600), {}, 0)


def told(found: tuple[str, list[Alert]] | None) -> tuple[str, list[str]] | None:
    """Reason and states."""
    return None if found is None else (found[0], [alert.state.value for alert in found[1]])


def test_the_first_message_waits_for_more(group: AlertGroup, make_alert: Callable[..., Alert]) -> None:
    """Nothing is told within the wait, then everything at once."""
    group.put(make_alert("warning"))
    early = group.due(9_999, NONE)
    group.put(make_alert("error"))

    assert None is early
    assert ("change", ["firing", "firing"]) == told(group.due(10_000, NONE))


def test_changes_wait_for_the_interval(group: AlertGroup, make_alert: Callable[..., Alert]) -> None:
    """An end right after the beginning is told when the interval is over, once, and then the group is empty."""
    group.put(make_alert())
    group.due(10_000, NONE)
    group.put(make_alert(state=AlertState.INACTIVE))

    assert None is group.due(10_000 + MINUTE_MS - 1, NONE)
    assert ("change", ["inactive"]) == told(group.due(10_000 + MINUTE_MS, NONE))
    assert {} == group.members


def test_what_ended_before_anybody_heard_of_it_is_not_told(group: AlertGroup, make_alert: Callable[..., Alert]) -> None:
    """An alert that fired and ended within the wait is no news, and is forgotten."""
    group.put(make_alert())
    group.put(make_alert(state=AlertState.INACTIVE))

    assert None is group.due(10_000, NONE)
    assert {} == group.members


def test_what_still_fires_is_repeated(group: AlertGroup, make_alert: Callable[..., Alert]) -> None:
    """Without news the group is quiet until the repeat, and then told again."""
    group.put(make_alert())
    group.due(10_000, NONE)
    due_ms = 10_000 + 3_600_000

    assert group.is_quiet(due_ms - 1)
    assert not group.is_quiet(due_ms)
    assert ("repeat", ["firing"]) == told(group.due(due_ms, NONE))


def test_what_is_muted_is_told_when_it_is_muted_no_longer(group: AlertGroup, make_alert: Callable[..., Alert]) -> None:
    """An inhibited alert stays news, so the group is looked at again."""
    alert = make_alert()
    group.put(alert)
    muted = group.due(10_000, frozenset({alert.fingerprint}))

    assert None is muted
    assert not group.is_quiet(20_000)
    assert ("change", ["firing"]) == told(group.due(20_000, NONE))


def test_flapping_is_told_once(group: AlertGroup, make_alert: Callable[..., Alert]) -> None:
    """The last word until the alert calms down is that it flaps."""
    alert = make_alert()
    for step in range(12):
        alert.history.push(is_firing=step % 2 == 0)
    group.put(alert)
    first = group.due(10_000, NONE)
    group.put(alert)

    assert alert.is_flapping
    assert ("flapping", ["firing"]) == told(first)
    assert None is group.due(10_000 + MINUTE_MS, NONE)


def test_a_receiver_that_has_to_hear_of_everything_hears_of_ends_for_a_while(
    make_alert: Callable[..., Alert],
) -> None:
    """For such a receiver what ended is told again until the retention is over."""
    group = AlertGroup("am", Route(("am",), group_wait_s=0), {}, 0, repeats_s=60)
    group.put(make_alert())
    group.due(10_000, NONE)
    group.put(make_alert(state=AlertState.INACTIVE))
    first = group.due(20_000, NONE)
    again = group.due(20_000 + MINUTE_MS, NONE)
    group.due(RESOLVED_RETENTION_MS + 2 * MINUTE_MS, NONE)

    assert (("change", ["inactive"]), ("repeat", ["inactive"])) == (told(first), told(again))
    assert {} == group.members


def test_an_alert_of_an_earlier_process_is_news_only_when_it_ends(
    group: AlertGroup, make_alert: Callable[..., Alert]
) -> None:
    """It counts as told at the restart."""
    group.restored(make_alert(), 1_000)
    during = group.due(1_000 + MINUTE_MS, NONE)
    group.put(make_alert(state=AlertState.INACTIVE))

    assert None is during
    assert ("change", ["inactive"]) == told(group.due(1_000 + 2 * MINUTE_MS, NONE))
