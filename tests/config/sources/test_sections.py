"""Sections and keys become paths."""

import pytest

from otel_agent.config.nodes import Place, wrapped
from otel_agent.config.problems import Problems
from otel_agent.config.sources.sections import flattened


def test_keys_become_paths() -> None:
    """At any depth; what is a setting is taken whole."""
    problems = Problems()
    given = flattened(
        wrapped({"health": {"port": 1, "thresholds": {"cpu": 0.5}}, "alerts": {"rules": []}}, Place("f", "/")), problems
    )

    assert ["health.port", "health.thresholds.cpu", "alerts.rules"] == [path for path, _ in given]
    assert () == problems.lines


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"helth": {}}, "f: helth: unknown key, did you mean health?"),
        ({"health": {"prt": 1}}, "f: health.prt: unknown key, did you mean health.port?"),
        ({"endpoint": 1}, "f: endpoint: unknown key, did you mean export.endpoint?"),
        ({"queue": {"zzz": 1}}, "f: queue.zzz: unknown key; known are spans, logs, batch, delay_s"),
        ({"spool": False}, "f: spool: expected keys such as enabled, directory, level; write spool: {enabled: false}"),
    ],
)
def test_what_is_no_key_is_said_with_the_nearest(content: dict[str, object], problem: str) -> None:
    """In this section, else in another."""
    problems = Problems()

    assert [] == flattened(wrapped(content, Place("f", "/")), problems)
    assert (problem,) == problems.lines
