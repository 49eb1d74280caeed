"""Variables `OTEL_AGENT_…`: how a text becomes a list, a mapping or an entry."""

from typing import Any

import pytest

from otel_agent.config.problems import Problems
from otel_agent.config.sources.variables import ATTACH, CONFIG, ENVIRONMENT, read_variables


@pytest.mark.parametrize(
    ("name", "text", "path", "expected"),
    [
        ("HEALTH__PORT", " 80 ", "health.port", "80"),
        ("STRICT", "null", "strict", None),
        ("INSTRUMENT__MODULES", "a, b,,", "instrument.modules", ["a", "b"]),
        ("INSTRUMENT__LIBRARIES", "false", "instrument.libraries", "false"),
        ("EXPORT__HEADERS", "a=b=c, d=", "export.headers", {"a": "b=c", "d": ""}),
        ("ALERTS__RULES", '[{"absent": {"name": "A"}}]', "alerts.rules", [{"absent": {"name": "A"}}]),
        ("ALERTS__NOTIFIERS", '{"a": {"log": {}}}', "alerts.notifiers", {"a": {"log": {}}}),
    ],
)
def test_a_text_has_the_shape_of_its_setting(name: str, text: str, path: str, expected: Any) -> None:
    """Commas, `name=value`, or JSON."""
    problems = Problems()
    given = read_variables({f"OTEL_AGENT_{name}": text}, problems, "/")

    assert [(path, expected)] == [(one, node.plain()) for one, node in given]
    assert () == problems.lines


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ALERTS__RULES", "MemoryHigh", "alerts.rules: expected JSON"),
        ("ALERTS__NOTIFIERS", "desk=https://s3cret", "alerts.notifiers: expected JSON"),
        ("ALERTS__OVERRIDES", "Hot=alert", "alerts.overrides: expected JSON"),
        ("ALERTS__RULES", "[s3cret", "alerts.rules: invalid JSON: Expecting value at character 1"),
        ("EXPORT__HEADERS", "a=b,s3cret", "export.headers: entry 2 is no name=value"),
        ("HELTH__PORT", "1", "unknown variable, did you mean OTEL_AGENT_HEALTH__PORT?"),
        ("ZZZZZZZZZZZZ", "1", "unknown variable, `otel-agent config explain` lists the settings"),
    ],
)
def test_what_cannot_be_read_is_said_without_repeating_it(name: str, text: str, words: str) -> None:
    """It may hold a secret."""
    problems = Problems()
    read_variables({f"OTEL_AGENT_{name}": text}, problems, "/")

    assert (f"environment OTEL_AGENT_{name}: {words}",) == problems.lines


def test_variables_that_are_no_settings_are_passed_over() -> None:
    """Those that name the file, the environment and another distribution, and empty ones."""
    problems = Problems()

    assert [] == read_variables(
        {CONFIG: "a", ENVIRONMENT: "b", ATTACH: "true", "OTEL_AGENT_NO": " ", "OTEL_SERVICE_NAME": "c"}, problems, "/"
    )
    assert () == problems.lines
