"""The last lines a person reads."""

from dataclasses import replace

from otel_agent.delivery.console.summary import CacheFigures, FunctionFigures, RunSummary, render

QUIET = RunSummary("agent", elapsed_s=2.5, traces=2, spans=1234, errors=1, log_records=7, metric_points=20)


def test_figures_are_written_with_their_meaning() -> None:
    """A reader needs no legend."""
    lines = render(QUIET)

    assert [
        "spans     1,234 in 2 traces, 1 failed",
        "logs      7 records",
        "metrics   20 points in the last collection",
        "alerts    none firing",
    ] == lines[1:-1]


def test_functions_are_ordered_by_the_time_they_took() -> None:
    """What costs most stands first."""
    functions = [FunctionFigures("short", 10, 0, 0.1, 0.01, 0.02), FunctionFigures("long", 1, 1, 5.0, 5.0, 5.0)]
    names = [line.split()[0] for line in render(replace(QUIET, functions=functions)) if line.startswith("  ")]

    assert ["long", "short"] == names


def test_a_cache_nobody_asked_is_left_out() -> None:
    """No lookup is not the same as none found."""
    caches = [CacheFigures("idle", 0, 0), CacheFigures("quotes", 4, 7)]
    lines = [line for line in render(replace(QUIET, caches=caches)) if line.startswith("cache")]

    assert ["cache     quotes: 57.1% of 7 lookups answered"] == lines
