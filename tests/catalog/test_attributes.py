"""Attributes of the catalogue exist where they claim to."""

import pytest
from opentelemetry.semconv._incubating.attributes import (
    code_attributes,
    cpu_attributes,
    cpython_attributes,
    db_attributes,
    disk_attributes,
    error_attributes,
    network_attributes,
    process_attributes,
    server_attributes,
    system_attributes,
)

from otel_agent import catalog


@pytest.mark.parametrize("attribute", catalog.ATTRIBUTES.values(), ids=lambda attribute: attribute.name)
def test_conventional_attributes_exist(attribute: catalog.Attribute) -> None:
    """An attribute that claims a convention is in the conventions' package."""
    modules = (
        code_attributes,
        cpu_attributes,
        cpython_attributes,
        db_attributes,
        disk_attributes,
        error_attributes,
        network_attributes,
        process_attributes,
        server_attributes,
        system_attributes,
    )
    known = {value for module in modules for value in vars(module).values() if isinstance(value, str)}
    is_ours = attribute.name.startswith(("agent.", "otel_agent.", "alert."))

    assert is_ours or attribute.name in known


@pytest.mark.parametrize("attribute", catalog.ATTRIBUTES.values(), ids=lambda attribute: attribute.name)
def test_every_attribute_says_in_a_sentence_what_it_means(attribute: catalog.Attribute) -> None:
    """A meaning ends as a sentence does, and no value is listed twice."""
    assert attribute.meaning.endswith(".")
    assert len(set(attribute.values)) == len(attribute.values)
