"""An alert flaps when it changed in about a third of its last evaluations."""

from otel_agent.alerts.flapping import LENGTH, START_SHARE, STOP_SHARE, StateHistory


def pushed(history: StateHistory, *states: bool) -> list[bool]:
    """Whether it flaps after each of these states."""
    found = []
    for is_firing in states:
        history.push(is_firing=is_firing)
        found.append(history.is_flapping)
    return found


def test_a_change_now_and_then_is_no_flapping() -> None:
    """One incident, with a beginning and an end, is two changes and far from the bound."""
    assert True not in pushed(StateHistory(), *[False] * 5, *[True] * 5, *[False] * 20)


def test_flapping_begins_above_one_bound_and_ends_below_the_other() -> None:
    """It begins at 30 % of weighted changes, and is over only when they fall below 25 %."""
    history = StateHistory()
    begun = pushed(history, *[True, False] * LENGTH)
    shares = []
    while history.is_flapping:
        shares.append(history.share())
        history.push(is_firing=False)

    assert begun[-1]
    assert min(shares) >= STOP_SHARE > history.share()
    assert min(shares) < START_SHARE


def test_newer_changes_weigh_more() -> None:
    """The same single change weighs less at each evaluation after it, and is forgotten after the last."""
    history = StateHistory()
    history.push(is_firing=True)
    shares = [history.share()]
    for _ in range(LENGTH):
        history.push(is_firing=True)
        shares.append(history.share())

    assert shares == sorted(shares, reverse=True)
    assert (0.06, 0.0) == (shares[0], shares[-1])
