"""Steps of templates that were read: text, conditions, loops, and chains of fields."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from otel_agent.alerts.rules.template_runs import BreakLoop, ContinueLoop, Evaluate, Frame, Step, TemplateRun, field_of
from otel_agent.alerts.rules.template_values import ExpansionError, go_type, is_true

__all__ = ["DOT", "chained", "condition", "loop", "shortcut", "uncallable", "written"]

DOT = 1
"""Where in a frame the dot is."""


def written(text: str) -> Step:
    """
    A step that writes a text.

    Args:
        text: The text.
    """
    return lambda run, _: run.write(text)


def condition(
    slots: Sequence[int], value: Evaluate, steps: Sequence[Step], otherwise: Sequence[Step], *, moves_dot: bool
) -> Step:
    """
    `if` and `with`.

    Args:
        slots: Variables that get the value.
        value: What decides.
        steps: What is done where it is true.
        otherwise: What is done where it is not.
        moves_dot: Whether the dot becomes the value meanwhile.
    """

    def decide(run: TemplateRun, frame: Frame) -> None:
        found = value(run, frame)
        for slot in slots:
            frame[slot] = found
        if not is_true(found):
            for step in otherwise:
                step(run, frame)
            return
        dot = frame[DOT]
        if moves_dot:
            frame[DOT] = found
        for step in steps:
            step(run, frame)
        frame[DOT] = dot

    return decide


def loop(slots: Sequence[int], value: Evaluate, steps: Sequence[Step], otherwise: Sequence[Step]) -> Step:
    """
    `range`.

    Args:
        slots: Variables that get the element; of two, the first gets its position or key.
        value: What is gone through.
        steps: What is done for each element, which the dot is meanwhile.
        otherwise: What is done where there is none.
    """

    def go_through(run: TemplateRun, frame: Frame) -> None:
        found = value(run, frame)
        if len(slots) > 1 and isinstance(found, int):
            raise ExpansionError(f"can't use {found} to iterate over more than one variable")
        pairs = _pairs(found)
        if not pairs:
            for step in otherwise:
                step(run, frame)
            return
        dot = frame[DOT]
        try:
            for key, element in pairs:
                run.count()
                frame[DOT] = element
                for slot, given in zip(slots, (element,) if len(slots) == 1 else (key, element), strict=False):
                    frame[slot] = given
                try:
                    for step in steps:
                        step(run, frame)
                except ContinueLoop:
                    continue
        except BreakLoop:
            pass
        frame[DOT] = dot

    return go_through


def _pairs(value: Any) -> Sequence[tuple[Any, Any]]:
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    if isinstance(value, Mapping):
        return [(key, value[key]) for key in sorted(value)]
    if isinstance(value, int) and not isinstance(value, bool):
        return _Numbers(value)
    if value is None:
        return []
    raise ExpansionError(f"range can't iterate over {go_type(value)}")


class _Numbers(Sequence[tuple[int, int]]):
    """The numbers below one, with their positions, without room for them all."""

    def __init__(self, end: int) -> None:
        self._end = max(0, end)

    def __len__(self) -> int:
        return min(self._end, 1 << 60)

    def __getitem__(self, position: Any) -> Any:
        if position >= self._end:
            raise IndexError
        return position, position


def chained(value: Evaluate, fields: Sequence[str], arguments: Sequence[Evaluate]) -> Evaluate:
    """
    Fields of a value, one of the other.

    Args:
        value: The value.
        fields: Names, from the outermost inwards.
        arguments: What the last is called with, where it is a method.
    """
    *inner, last = fields

    def reach(run: TemplateRun, frame: Frame) -> Any:
        found = value(run, frame)
        for name in inner:
            found = field_of(found, name, [])
        return field_of(found, last, [argument(run, frame) for argument in arguments])

    return reach


def shortcut(name: str, arguments: Sequence[Evaluate]) -> Evaluate:
    """
    `and` and `or`, which do not look at what comes after the answer.

    Args:
        name: Which of them.
        arguments: The values.
    """

    def choose(run: TemplateRun, frame: Frame) -> Any:
        if not arguments:
            raise ExpansionError(f"wrong number of args for {name}: want at least 1 got 0")
        found: Any = None
        for argument in arguments:
            found = argument(run, frame)
            if is_true(found) == (name == "or"):
                break
        return found

    return choose


def uncallable(what: str) -> Callable[..., Any]:
    """
    A value with arguments that is no function: a mistake that shows when a template is filled, as in Go.

    Args:
        what: The value as it was written.
    """

    def refuse(_: TemplateRun, __: Frame) -> Any:
        raise ExpansionError("nil is not a command" if what == "nil" else f"can't give argument to non-function {what}")

    return refuse
