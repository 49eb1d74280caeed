"""What runs have in common."""

from msgspec.structs import replace
from run_examples import HERE, a_run

from otel_agent.insight.baselines.runs import differences, medians


def test_environments_differ_in_what_changes_speed() -> None:
    """The commit is another one each time, or nothing could be compared."""
    assert [] == differences(HERE, replace(HERE, commit="abc", otel_agent="9"))
    assert ["python: CPython 3.12.1, now CPython 3.13.0", "cpus: 2, now 8"] == differences(
        HERE, replace(HERE, python="CPython 3.13.0", cpus=8)
    )


def test_medians_are_those_of_the_runs_that_have_the_function() -> None:
    """One for each."""
    assert {"f": [1.0, 2.0], "g": [3.0]} == medians([a_run(f=1.0), a_run(f=2.0, g=3.0)])
