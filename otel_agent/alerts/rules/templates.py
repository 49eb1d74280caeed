"""
Templates: labels and annotations with places to fill, in Go's template language.

A template is read once, into functions of a frame, and filled for each alert. It can read nothing but what it is given, and
how long it may go on is bounded. What has no text, such as a function with a wrong argument, leaves Prometheus's words for
that, so that an alert is told all the same.

Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/, https://pkg.go.dev/text/template
"""

from collections.abc import Mapping
from dataclasses import dataclass

from otel_agent.alerts.rules.template_parser import Body, parse_template
from otel_agent.alerts.rules.template_runs import AlertData, TemplateRun
from otel_agent.alerts.rules.template_surroundings import NOWHERE, TemplateSurroundings
from otel_agent.alerts.rules.template_tokens import TemplateSyntaxError
from otel_agent.errors import RuleError

__all__ = ["Template", "broken_template", "compile_template"]

ERROR = "<error expanding template: {}>"
"""What stands where a template has no text."""


@dataclass(frozen=True)
class Template:
    """A text with places to fill."""

    text: str
    """The template as written."""
    bodies: Mapping[str, Body]
    """What it consists of, by name: itself under "", and what it defines; empty where there is no place to fill."""
    problem: str = ""
    """Why it cannot be read; it then always has the words for that."""

    @property
    def is_constant(self) -> bool:
        """Whether it is the same for every alert."""
        return not self.bodies

    def render(self, labels: Mapping[str, str], value: float, surroundings: TemplateSurroundings = NOWHERE) -> str:
        """
        Fill the places.

        Args:
            labels: Labels that `$labels` stands for; a missing one is empty.
            value: Value that `$value` stands for.
            surroundings: The moment and the series that it may ask.

        Returns:
            The text; when a place cannot be filled, Prometheus's words for that, so that an alert is sent all the same.
        """
        if self.problem:
            return ERROR.format(self.problem)
        if not self.bodies:
            return self.text
        try:
            run = TemplateRun(self.bodies, surroundings)
            return run.text(AlertData(labels, value, surroundings))
        except Exception as error:  # noqa: BLE001 - a wrong argument must not lose an alert
            return ERROR.format(str(error) or type(error).__name__)


def compile_template(text: str) -> Template:
    """
    Read a template.

    Args:
        text: Value of a label or an annotation.

    Raises:
        RuleError: When it cannot be read, as Prometheus would refuse it too; the reason says why.
    """
    if "{{" not in text:
        return Template(text, {})
    try:
        return Template(text, parse_template(text))
    except TemplateSyntaxError as problem:
        raise RuleError([f"template {text!r}: {problem}"]) from problem
    except RecursionError as error:
        raise RuleError([f"template {text[:60]!r}…: has too many levels within each other"]) from error


def broken_template(text: str, problem: str) -> Template:
    """
    A template that cannot be read, for an alert that is told without its text.

    Args:
        text: As it was written.
        problem: Why it cannot be read.
    """
    return Template(text, {}, problem)
