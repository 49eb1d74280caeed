"""A component: what it does not say it does not do."""

from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.lifecycle import Lifecycle


def test_a_component_may_do_nothing_at_all() -> None:
    """It starts, closes and follows a fork by doing nothing."""
    life = Lifecycle([Component("nothing")])
    life.start()
    life.hold_for_fork()
    life.go_on_after_fork()
    life.reinit_after_fork()

    assert life.close()


def test_a_component_that_only_closes_is_closed() -> None:
    """It is given the seconds it may use."""
    given_s: list[float] = []
    life = Lifecycle([Component("closing", close=given_s.append)], shutdown_timeout_s=60)
    with life:
        assert [] == given_s

    assert 1 == len(given_s)
    assert 0 < given_s[0] <= 60
