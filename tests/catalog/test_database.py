"""Attributes of query spans are the conventions'."""

from opentelemetry.semconv._incubating.attributes import code_attributes, db_attributes

from otel_agent import catalog
from otel_agent.catalog import OURS


def test_what_spans_carry_is_catalogued_by_its_conventional_name() -> None:
    """Each further attribute of a query's span is the conventions', or begins with our prefix."""
    known = {
        value
        for module in (db_attributes, code_attributes)
        for value in vars(module).values()
        if isinstance(value, str)
    }

    assert all(
        each.name in known or (each.name.startswith("agent.") and each.source == OURS)
        for each in catalog.database.SPAN_ATTRIBUTES
    )
