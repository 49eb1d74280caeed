"""An acknowledgement covers one alert, as long as it is no worse and not over."""

from collections.abc import Callable

import pytest

from otel_agent.alerts.notify.acknowledgement import Acknowledgements, rank
from otel_agent.alerts.states import Alert, AlertState, Transition


@pytest.fixture
def covered(make_alert: Callable[..., Alert]) -> Acknowledgements:
    """Somebody takes care of the warning until the moment 100."""
    made = Acknowledgements()
    made.add(make_alert(), "ana", "on it", 0, 100)
    return made


def test_it_covers_the_alert_until_it_expires(covered: Acknowledgements, make_alert: Callable[..., Alert]) -> None:
    """At the moment it expires it covers nothing any more, and another alert it never covered."""
    found = covered.covering(make_alert(), 99)

    assert found is not None
    assert ("ana", "on it", "High") == (found.by, found.comment, found.rule_name)
    assert None is covered.covering(make_alert(), 100)
    assert None is covered.covering(make_alert("error"), 50)


def test_an_alert_that_gets_worse_is_news(make_alert: Callable[..., Alert]) -> None:
    """The same labels with a higher severity than was acknowledged are not covered."""
    made = Acknowledgements()
    lower, higher = make_alert("info"), make_alert("critical")
    made.add(lower, "ana", "", 0, None)
    higher._fingerprint = lower.fingerprint

    assert None is made.covering(higher, 1)
    assert made.covering(lower, 1) is not None


def test_the_end_of_the_alert_ends_it(covered: Acknowledgements, make_alert: Callable[..., Alert]) -> None:
    """Flapping that begins or ends changes nothing; the end of the alert does."""
    alert = make_alert()
    covered.follow(Transition(alert, AlertState.FIRING, AlertState.FIRING, 1))
    before = covered.covering(alert, 1)
    covered.follow(Transition(alert, AlertState.FIRING, AlertState.INACTIVE, 2))

    assert before is not None
    assert None is covered.covering(alert, 2)
    assert [] == covered.saved()


def test_it_comes_back_after_a_restart(covered: Acknowledgements, make_alert: Callable[..., Alert]) -> None:
    """What was saved covers the same alert in another process."""
    restored = Acknowledgements()
    restored.restore(covered.saved())

    assert covered.covering(make_alert(), 50) == restored.covering(make_alert(), 50) is not None


def test_severities_have_an_order() -> None:
    """Words without a rank stand beside none."""
    assert [0, 0, 1, 2, 3, 4] == [rank(one) for one in ("odd", "none", "info", "warning", "error", "critical")]
