"""Caches that answer little."""

from otel_agent.insight.detectors.caches import low_value, upper_bound


def test_a_cache_that_surely_answers_little_is_found() -> None:
    """With what to do: enlarge it where room is what it wants, remove it otherwise."""
    crowded = low_value("quotes", 10, 990, 16, {"capacity": 970}, 0.0, 60.0)
    useless = low_value("quotes", 10, 990, None, {}, 0.0, 60.0)

    assert crowded is not None
    assert useless is not None
    assert ("more than 16" in crowded.fix, "Remove it" in useless.fix) == (True, True)


def test_few_lookups_and_doubtful_ratios_say_nothing() -> None:
    """The true ratio may be higher."""
    assert low_value("quotes", 0, 499, None, {}, 0.0, 60.0) is None
    assert low_value("quotes", 95, 405, None, {}, 0.0, 60.0) is None
    assert 0.2 < upper_bound(95, 500) < 0.25
