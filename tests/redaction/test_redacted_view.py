"""The copy that stands for an object of which something had to change."""

from types import SimpleNamespace

import pytest
from opentelemetry.attributes import BoundedAttributes

from otel_agent.redaction.redacted_view import RedactedView, flat


def test_a_view_answers_for_what_was_replaced() -> None:
    """Everything else is the original's, and the original stays as it is."""
    original = SimpleNamespace(name="password=hunter2", start=5)
    view = RedactedView(original, name="password=[redacted: password]", status=None)

    assert ("password=[redacted: password]", 5, None) == (view.name, view.start, view.status)
    assert "password=hunter2" == original.name
    with pytest.raises(AttributeError):
        _ = view.end


def test_mappings_become_dictionaries() -> None:
    """The SDK's mapping is copied once; a dictionary, and nothing at all, stay the same objects."""
    plain = {"a": 1}
    found = flat(BoundedAttributes(None, {"a": 1}))

    assert ({"a": 1}, dict) == (found, type(found))
    assert plain is flat(plain)
    assert flat(None) is None
