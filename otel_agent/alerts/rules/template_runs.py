"""
One filling of a template: where its text gathers, what it may cost, and what its fields mean.

Compiled pieces of `template_parser` are functions of a run and of a frame, the variables of the body they stand in. The first
of a frame is what `$` stands for.
"""

from collections.abc import Callable, Mapping
from typing import Any

from otel_agent.alerts.rules.template_surroundings import TemplateSurroundings
from otel_agent.alerts.rules.template_values import Duration, ExpansionError, Moment, QuerySample, go_type, text_of

__all__ = ["AlertData", "Body", "BreakLoop", "ContinueLoop", "Evaluate", "Frame", "Step", "TemplateRun", "field_of"]

Frame = list[Any]
"""Values of the variables of a body; the first is `$`, the second the dot."""
Evaluate = Callable[["TemplateRun", Frame], Any]
"""Gives the value of a pipeline."""
Step = Callable[["TemplateRun", Frame], None]
"""Writes a piece of text, or decides what is written."""
STEPS_LIMIT = 100_000
"""Rounds of loops and calls of templates within one filling."""
TEXT_LIMIT = 1_000_000
"""Characters of one text."""
DEPTH_LIMIT = 50
"""Templates within templates."""


class BreakLoop(Exception):  # noqa: N818 - no error: it ends a loop
    """`break` of a loop."""


class ContinueLoop(Exception):  # noqa: N818 - no error: it goes on with a loop
    """`continue` of a loop."""


class Body:
    """A template that was read: its steps, and how many variables it has."""

    __slots__ = ("steps", "variable_count")

    def __init__(self) -> None:
        self.steps: tuple[Step, ...] = ()
        """In order."""
        self.variable_count = 2
        """Room that a frame needs."""

    def frame(self, data: Any) -> Frame:
        """
        Variables at the beginning.

        Args:
            data: What `$` and the dot stand for.
        """
        return [data, data, *([None] * (self.variable_count - 2))]


class AlertData:
    """What the dot is at first: labels, value, and what is known of the outside."""

    __slots__ = ("fields",)

    def __init__(self, labels: Mapping[str, str], value: float, surroundings: TemplateSurroundings) -> None:
        self.fields: dict[str, Any] = {
            "Labels": labels,
            "Value": value,
            "ExternalLabels": surroundings.external_labels,
            "ExternalURL": surroundings.external_url,
        }

    def __str__(self) -> str:
        """As Go prints it."""
        labels, external, url, value = (
            text_of(self.fields[name]) for name in ("Labels", "ExternalLabels", "ExternalURL", "Value")
        )
        return f"{{{labels} {external} {url} {value}}}"


class TemplateRun:
    """
    One filling.

    Args:
        bodies: What the template consists of, by name.
        surroundings: What functions may ask.
    """

    def __init__(self, bodies: Mapping[str, Body], surroundings: TemplateSurroundings) -> None:
        self.surroundings = surroundings
        self._bodies = bodies
        self._parts: list[str] = []
        self._length = 0
        self._step_count = 0
        self._depth = 0

    def text(self, data: AlertData) -> str:
        """
        Fill the whole template.

        Args:
            data: What the dot is at first.

        Raises:
            ExpansionError: When a place has no text, or there is no end.
        """
        self.call("", data)
        return "".join(self._parts)

    def write(self, text: str) -> None:
        """
        Add to the text.

        Args:
            text: What comes next.
        """
        self._length += len(text)
        if self._length > TEXT_LIMIT:
            raise ExpansionError(f"the text has more than {TEXT_LIMIT} characters")
        self._parts.append(text)

    def count(self) -> None:
        """Note another round."""
        self._step_count += 1
        if self._step_count > STEPS_LIMIT:
            raise ExpansionError(f"more than {STEPS_LIMIT} rounds")

    def call(self, name: str, data: Any) -> None:
        """
        Fill one of the bodies.

        Args:
            name: Its name.
            data: What its dot is.
        """
        body = self._bodies.get(name)
        if body is None:
            raise ExpansionError(f'template "{name}" not defined')
        if self._depth >= DEPTH_LIMIT:
            raise ExpansionError(f"more than {DEPTH_LIMIT} templates within each other")
        self.count()
        self._depth += 1
        frame = body.frame(data)
        for step in body.steps:
            step(self, frame)
        self._depth -= 1


def field_of(value: Any, name: str, arguments: list[Any]) -> Any:
    """
    A field of a value, or the answer of a method.

    Args:
        value: The value.
        name: The field.
        arguments: What a method is called with.

    Raises:
        ExpansionError: When there is no such field.
    """
    if isinstance(value, Moment | Duration):
        return value.method(name, arguments)
    if arguments:
        raise ExpansionError(f"{name} has arguments but cannot be invoked as function")
    if isinstance(value, Mapping):
        # As Prometheus sets it: a label that is not there is empty.
        return value.get(name, "" if not name.startswith("arg") else None)
    fields: Mapping[str, Any] = {}
    if isinstance(value, AlertData):
        fields = value.fields
    elif isinstance(value, QuerySample):
        fields = {"Labels": value.labels, "Value": value.value}
    if name not in fields:
        raise ExpansionError(f"can't evaluate field {name} in type {go_type(value)}")
    return fields[name]
