"""What a template may ask."""

import pytest

from otel_agent.alerts.rules.template_surroundings import NOWHERE
from otel_agent.alerts.rules.template_values import ExpansionError


def test_alone_there_are_no_series() -> None:
    """A template that stands alone says so."""
    with pytest.raises(ExpansionError, match="no series to ask here"):
        NOWHERE.query("up")
