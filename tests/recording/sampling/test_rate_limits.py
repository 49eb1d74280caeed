"""Budgets of calls a second."""

from otel_agent.recording.sampling.rate_limits import RateLimit, rate_limits_of


def test_a_budget_is_for_a_second() -> None:
    """What is not used is lost, what is beyond is refused and counted."""
    limit = RateLimit(3)

    assert [True, True, True, False, False] == [limit.allows(0.5) for _ in range(5)]
    assert [True, True, True, False] == [limit.allows(1.6) for _ in range(4)]
    assert 3 == limit.refused


def test_a_budget_may_be_less_than_a_call_a_second() -> None:
    """A tenth of a call is one in ten seconds; nothing is nothing."""
    limit = RateLimit(0.1)

    assert [True, False, False, True] == [limit.allows(now) for now in (1.0, 2.0, 10.9, 11.1)]
    assert [False, False] == [RateLimit(0).allows(now) for now in (0.0, 5.0)]
    assert rate_limits_of(None) is None
