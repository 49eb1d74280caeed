"""
Parser of templates: from tokens to functions that fill them, refusing what Go's own parser refuses.

What can only go wrong when a template is filled, such as a function with a wrong argument, is left for then: Prometheus loads
such a rule.

Source: https://pkg.go.dev/text/template#hdr-Actions
"""

from collections.abc import Callable, Sequence
from typing import Any

from otel_agent.alerts.rules.template_functions import FUNCTIONS
from otel_agent.alerts.rules.template_literals import character, number, quoted
from otel_agent.alerts.rules.template_runs import Body, BreakLoop, ContinueLoop, Evaluate, Frame, Step, TemplateRun
from otel_agent.alerts.rules.template_steps import DOT, chained, condition, loop, shortcut, uncallable, written
from otel_agent.alerts.rules.template_tokens import TemplateSyntaxError, TemplateToken, tokens_of
from otel_agent.alerts.rules.template_values import text_of

__all__ = ["Body", "parse_template"]

_PRELUDE = ("$labels", "$externalLabels", "$externalURL", "$value")
_FIELDS = {"$labels": "Labels", "$externalLabels": "ExternalLabels", "$externalURL": "ExternalURL", "$value": "Value"}
_BLOCKS = ("if", "with", "range", "define", "block")
_KEYWORDS = frozenset({*_BLOCKS, "template", "else", "end", "break", "continue"})
_END = TemplateToken("end", "")


def parse_template(text: str) -> dict[str, Body]:
    """
    Read a template.

    Args:
        text: The template; `$labels`, `$value`, `$externalLabels` and `$externalURL` are there.

    Returns:
        Its bodies by name: itself under "", and what it defines.

    Raises:
        TemplateSyntaxError: When it cannot be read.
    """
    return _TemplateParser(list(tokens_of(text))).parse()


class _TemplateParser:
    """Reads one template; a method for each kind of thing there is."""

    def __init__(self, tokens: Sequence[TemplateToken]) -> None:
        self._tokens = tokens
        self._position = 0
        self._bodies: dict[str, Body] = {}
        self._body = Body()
        self._variables: dict[str, int] = {}
        self._loop_depth = self._depth = 0

    def parse(self) -> dict[str, Body]:
        main = self._body = Body()
        self._variables = {"$": 0}
        prelude = [self._prelude(name) for name in _PRELUDE]
        steps, ended_by = self._list()
        if ended_by:
            raise TemplateSyntaxError(f"{ended_by!r} without an if before it")
        main.steps = (*prelude, *steps)
        return {**self._bodies, "": main}

    def _prelude(self, name: str) -> Step:
        slot, field = self._declared(name), _FIELDS[name]

        def assign(_: TemplateRun, frame: Frame) -> None:
            frame[slot] = frame[0].fields[field]

        return assign

    # Tokens.

    def _peek(self) -> TemplateToken:
        return self._tokens[self._position] if self._position < len(self._tokens) else _END

    def _take(self) -> TemplateToken:
        token = self._peek()
        self._position += 1
        return token

    def _skip_space(self) -> None:
        while self._peek().kind == "space":
            self._position += 1

    def _close(self, where: str) -> None:
        self._skip_space()
        token = self._take()
        if token.kind != "close":
            raise TemplateSyntaxError(f"{token.text!r} is not expected in {where}")

    # Lists and what stands in them.

    def _list(self) -> tuple[list[Step], str]:
        """Steps until `else` or `end`, and which of them it was; empty at the end of the template."""
        steps: list[Step] = []
        while self._position < len(self._tokens):
            token = self._take()
            if token.kind == "text":
                steps.append(written(token.text))
                continue
            self._skip_space()
            word = self._peek().text if self._peek().kind == "word" else ""
            if word in ("else", "end"):
                self._take()
                return steps, word
            step = self._action(word)
            if step is not None:
                steps.append(step)
        return steps, ""

    def _action(self, word: str) -> Step | None:  # noqa: PLR0911 - one for each kind of action
        if word in _BLOCKS or word in ("template", "break", "continue"):
            self._take()
        if word in ("if", "with", "range"):
            return self._control(word)
        if word == "define":
            self._define()
            return None
        if word == "block":
            return self._block()
        if word == "template":
            name, data = self._template_name("template"), self._optional_pipeline("template")
            return lambda run, frame: run.call(name, data(run, frame))
        if word in ("break", "continue"):
            return self._leave_loop(word)
        variable, assigns, value = self._declaration("command")
        self._close("an action")
        if variable is not None:
            return _assignment(self._slot(variable, assigns=assigns), value)
        return _shown(value)

    def _leave_loop(self, word: str) -> Step:
        self._close(word)
        if not self._loop_depth:
            raise TemplateSyntaxError(f"{word} outside of a range")
        kind = BreakLoop if word == "break" else ContinueLoop

        def leave(_: TemplateRun, __: Frame) -> None:
            raise kind

        return leave

    def _template_name(self, where: str) -> str:
        self._skip_space()
        token = self._take()
        if token.kind != "string":
            raise TemplateSyntaxError(f"a name in quotes is expected after {where}")
        return quoted(token.text)

    def _optional_pipeline(self, where: str) -> Evaluate:
        self._skip_space()
        if self._peek().kind == "close":
            self._take()
            return lambda _, __: None
        value = self._pipeline(where)
        self._close(where)
        return value

    def _define(self) -> None:
        if self._depth:
            raise TemplateSyntaxError("a define stands inside of something else")
        name = self._template_name("define")
        self._close("define")
        self._defined(name)

    def _defined(self, name: str) -> None:
        outer = self._body, self._variables, self._loop_depth
        body = self._body = Body()
        self._variables, self._loop_depth = {"$": 0}, 0
        self._depth += 1
        steps, ended_by = self._list()
        if ended_by != "end":
            raise TemplateSyntaxError("a define is not closed by an end")
        self._close("end")
        self._depth -= 1
        body.steps = tuple(steps)
        self._bodies[name] = body
        self._body, self._variables, self._loop_depth = outer

    def _block(self) -> Step:
        name = self._template_name("block")
        data = self._pipeline("block")
        self._close("block")
        self._defined(name)
        return lambda run, frame: run.call(name, data(run, frame))

    def _control(self, word: str) -> Step:
        known = dict(self._variables)
        if word == "range":
            names, assigns, value = self._range_declaration()
        else:
            variable, assigns, value = self._declaration(word)
            names = [] if variable is None else [variable]
        self._close(word)
        slots = [self._slot(name, assigns=assigns) for name in names]
        self._loop_depth += word == "range"
        self._depth += 1
        steps, ended_by = self._list()
        self._loop_depth -= word == "range"
        otherwise: Sequence[Step] = ()
        if ended_by == "else":
            otherwise = self._otherwise(word)
        elif ended_by == "end":
            self._close("end")
        else:
            raise TemplateSyntaxError(f"{'an' if word == 'if' else 'a'} {word} is not closed by an end")
        self._depth -= 1
        self._variables = known
        if word == "range":
            return loop(slots, value, tuple(steps), tuple(otherwise))
        return condition(slots, value, tuple(steps), tuple(otherwise), moves_dot=word == "with")

    def _otherwise(self, word: str) -> Sequence[Step]:
        self._skip_space()
        if self._peek() == ("word", word) and word in ("if", "with"):
            self._take()
            return (self._control(word),)
        self._close("else")
        steps, ended_by = self._list()
        if ended_by != "end":
            raise TemplateSyntaxError("an else is not closed by an end")
        self._close("end")
        return steps

    # Variables.

    def _declared(self, name: str) -> int:
        slot = self._body.variable_count
        self._body.variable_count += 1
        self._variables[name] = slot
        return slot

    def _slot(self, name: str, *, assigns: bool) -> int:
        return self._known(name) if assigns else self._declared(name)

    def _known(self, name: str) -> int:
        if name not in self._variables:
            raise TemplateSyntaxError(f"the variable {name!r} is not known; use $labels.name or $value")
        return self._variables[name]

    def _declaration(self, where: str) -> tuple[str | None, bool, Evaluate]:
        """The variable a pipeline is given to, whether it was there before, and the pipeline."""
        begin = self._position
        self._skip_space()
        token = self._take()
        if token.kind == "variable":
            self._skip_space()
            sign = self._take().text
            if sign in (":=", "="):
                if sign == "=":
                    self._known(token.text)
                return token.text, sign == "=", self._pipeline(where)
        self._position = begin
        return None, False, self._pipeline(where)

    def _range_declaration(self) -> tuple[list[str], bool, Evaluate]:
        begin = self._position
        names: list[str] = []
        while True:
            self._skip_space()
            token = self._take()
            if token.kind != "variable":
                break
            names.append(token.text)
            self._skip_space()
            sign = self._take().text
            if sign in (":=", "=") and len(names) <= 2:  # noqa: PLR2004 - a position and an element
                if sign == "=":
                    for name in names:
                        self._known(name)
                return names, sign == "=", self._pipeline("range")
            if sign != ",":
                break
        self._position = begin
        return [], False, self._pipeline("range")

    # Pipelines.

    def _pipeline(self, where: str) -> Evaluate:
        value = self._command(None, where)
        while True:
            self._skip_space()
            if self._peek() != ("sign", "|"):
                return value
            self._take()
            self._skip_space()
            if self._peek().kind == "close":
                return value  # Go does not mind
            value = self._command(value, "a | ")

    def _command(self, piped: Evaluate | None, where: str) -> Evaluate:
        self._skip_space()
        first = self._peek()
        if first.kind in ("close", "end") or first.text in (")", "|"):
            raise TemplateSyntaxError(
                "something is missing after |" if piped is not None else f"an empty {{{{ }}}}: {where} has no value"
            )
        if first.kind == "word" and first.text not in _CONSTANTS:
            self._take()
            return self._call(first.text, self._arguments(piped))
        if first == ("word", "nil"):
            self._take()
            self._arguments(piped)
            return uncallable("nil")
        if piped is not None and (first.kind in ("string", "number", "char") or first.text in ("true", "false", ".")):
            raise TemplateSyntaxError(f"{first.text!r} is no function to pipe into")
        value = self._term()
        fields = self._fields()
        arguments = self._arguments(piped)
        if fields:
            return chained(value, fields, arguments)
        return uncallable(first.text) if arguments else value

    def _call(self, name: str, arguments: list[Evaluate]) -> Evaluate:
        known = FUNCTIONS.get(name)
        if known is None:
            raise TemplateSyntaxError(f"the function {name} is not known")
        if name in ("and", "or"):
            return shortcut(name, arguments)

        def call(run: TemplateRun, frame: Frame) -> Any:
            values = known.checked(name, [argument(run, frame) for argument in arguments])
            return known.call(run.surroundings, *values) if known.needs_surroundings else known.call(*values)

        return call

    def _arguments(self, piped: Evaluate | None) -> list[Evaluate]:
        arguments: list[Evaluate] = []
        while self._peek().kind == "space":
            self._skip_space()
            if self._is_ended():
                break
            value = self._term()
            fields = self._fields()
            arguments.append(chained(value, fields, ()) if fields else value)
        if not self._is_ended():
            raise TemplateSyntaxError(f"{self._peek().text!r} is not expected here")
        return [*arguments, piped] if piped is not None else arguments

    def _is_ended(self) -> bool:
        token = self._peek()
        return token.kind in ("close", "end") or (token.kind == "sign" and token.text in ("|", ")"))

    def _fields(self) -> list[str]:
        fields: list[str] = []
        while self._peek().kind == "field":
            fields.append(self._take().text[1:])
        return fields

    def _term(self) -> Evaluate:  # noqa: PLR0911 - one for each kind of value
        token = self._take()
        kind, text = token
        if kind in _LITERALS:
            return _constant(_LITERALS[kind](text))
        if kind == "field":
            self._position -= 1  # a field of the dot: `_fields` takes it
            return _slot_value(DOT)
        if token == ("sign", "."):
            return _slot_value(DOT)
        if kind == "variable":
            return _slot_value(self._known(text))
        if token == ("sign", "("):
            value = self._pipeline("a parenthesis")
            self._skip_space()
            if self._take() != ("sign", ")"):
                raise TemplateSyntaxError("a parenthesis is not closed")
            return value
        if kind == "word" and text in _CONSTANTS:
            return _constant(_CONSTANTS[text])
        if kind == "word" and text not in _KEYWORDS:
            return self._call(text, [])
        raise TemplateSyntaxError(f"{text!r} is not expected here")


_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "nil": None}
_LITERALS: dict[str, Callable[[str], Any]] = {"string": quoted, "number": number, "char": character}


def _constant(value: Any) -> Evaluate:
    return lambda _, __: value


def _slot_value(slot: int) -> Evaluate:
    return lambda _, frame: frame[slot]


def _shown(value: Evaluate) -> Step:
    return lambda run, frame: run.write(text_of(value(run, frame)))


def _assignment(slot: int, value: Evaluate) -> Step:
    def assign(run: TemplateRun, frame: Frame) -> None:
        frame[slot] = value(run, frame)

    return assign
