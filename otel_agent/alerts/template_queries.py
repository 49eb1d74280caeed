"""Queries of templates: `query` asks the series that the rule itself reads, at the same moment."""

from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.promql.nodes import EvaluationError
from otel_agent.alerts.promql.parsing import parse
from otel_agent.alerts.rules.template_surroundings import TemplateSurroundings
from otel_agent.alerts.rules.template_values import ExpansionError, QuerySample
from otel_agent.errors import RuleError
from otel_agent.series.histograms import NativeHistogram

__all__ = ["surroundings_of"]


def surroundings_of(context: Context) -> TemplateSurroundings:
    """
    What the templates of a rule may ask.

    Args:
        context: Store and moment of the rule's evaluation; its time is the queries' too.
    """

    def query(text: str) -> list[QuerySample]:
        try:
            found = evaluate(parse(text), Context(context.store, context.at_ms, context.is_too_late))
        except (RuleError, EvaluationError) as error:
            raise ExpansionError(f"error calling query: {error}") from error
        return [
            QuerySample(labels.as_dict(), float(value.count if isinstance(value, NativeHistogram) else value))
            for labels, value in found
        ]

    return TemplateSurroundings(at_s=context.at_ms / 1000, query=query)
