"""Fields of values, and the bounds of one filling."""

import pytest

from otel_agent.alerts.rules.template_runs import Body, TemplateRun, field_of
from otel_agent.alerts.rules.template_surroundings import NOWHERE
from otel_agent.alerts.rules.template_values import ExpansionError, QuerySample


def test_fields_are_those_of_the_value() -> None:
    """A label that is not there is empty; an argument that is not there has no value."""
    sample = QuerySample({"job": "a"}, 2.0)

    assert ("", None, 2.0, "a") == (
        field_of({"a": "b"}, "c", []),
        field_of({}, "arg0", []),
        field_of(sample, "Value", []),
        field_of(field_of(sample, "Labels", []), "job", []),
    )


@pytest.mark.parametrize(("value", "arguments"), [("text", []), (5, []), ({"Job": "a"}, [1])])
def test_other_fields_are_refused(value: object, arguments: list[object]) -> None:
    """Strings and numbers have none, and no label is a function."""
    with pytest.raises(ExpansionError):
        field_of(value, "Job", arguments)


def test_a_filling_has_bounds() -> None:
    """It writes at most a million characters."""
    run = TemplateRun({"": Body()}, NOWHERE)
    run.write("x" * 1_000_000)

    with pytest.raises(ExpansionError, match="more than 1000000 characters"):
        run.write("y")
