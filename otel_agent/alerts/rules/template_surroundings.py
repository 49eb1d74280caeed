"""What a template can see beside the labels and the value of its alert."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from otel_agent.alerts.rules.template_values import ExpansionError, QuerySample

__all__ = ["NOWHERE", "TemplateSurroundings"]


def _no_query(_: str) -> list[QuerySample]:
    raise ExpansionError("error calling query: there are no series to ask here")


@dataclass(frozen=True)
class TemplateSurroundings:
    """The moment, the series, and what is said of the outside."""

    at_s: float = 0.0
    """Moment of the evaluation, in seconds since 1970."""
    query: Callable[[str], list[QuerySample]] = _no_query
    """Answers an expression at that moment; raises `ExpansionError` when it cannot."""
    external_labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the whole agent."""
    external_url: str = ""
    """Where the agent's pages are; empty: it has none."""


NOWHERE = TemplateSurroundings()
"""Without series and moment, as where a template stands alone."""
