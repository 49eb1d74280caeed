"""
Templates: labels and annotations with places to fill, in the part of Go's template language that rules use.

Held: text; `{{ }}` with `$labels.x`, `$value`, `.Labels.x`, `.Value`, `$externalLabels`, strings, numbers, parentheses, pipes,
the functions of `FUNCTIONS`, `if`/`else`/`end`, comments and the trimming dashes. What asks the database (`query`) or loops
(`range`, `with`) is refused when a rule is loaded. A template can read nothing but what it is given.

Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from otel_agent.alerts.rules.template_functions import FUNCTIONS, text_of
from otel_agent.errors import RuleError

__all__ = ["Template", "compile_template"]

Scope = Mapping[str, Any]
Evaluate = Callable[[Scope], Any]
Piece = tuple[bool, str]
"""Whether it is an action, which stood between {{ and }}, and the text."""
Token = tuple[str, str]
"""Kind and text."""
_ACTION = re.compile(r"\{\{(-\s)?\s*(.*?)\s*?(\s-)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"""
    r"""|(?P<path>\$\w*(?:\.\w+)*|(?:\.\w+)+|\.)|(?P<word>\w+)|(?P<sign>[()|]))""",
    re.ASCII,
)
_REFUSED = frozenset({"range", "with", "define", "template", "block", "break", "continue"})


class _UnreadableError(Exception):
    """The template cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class _TemplateNode:
    """Text, a place to fill, or a condition with what stands under it."""

    text: str = ""
    """The text, where it is one."""
    value: Evaluate | None = None
    """Computes the value of a place to fill."""
    branches: tuple[tuple[Evaluate | None, tuple["_TemplateNode", ...]], ...] = ()
    """Branches of a condition: what decides, `None` for `else`, and the nodes below."""


@dataclass(frozen=True)
class Template:
    """A text with places to fill."""

    text: str
    """The template as written."""
    nodes: tuple[_TemplateNode, ...]
    """Its nodes in order; none where there is no place to fill."""

    def render(self, labels: Mapping[str, str], value: float) -> str:
        """
        Fill the places.

        Args:
            labels: Labels that `$labels` stands for; a missing one is empty.
            value: Value that `$value` stands for.

        Returns:
            The text; when a place cannot be filled, Prometheus's words for that, so that an alert is sent all the same.
        """
        if not self.nodes:
            return self.text
        scope = {"$labels": labels, "$value": value, "$externalLabels": {}, "$externalURL": ""}
        try:
            return "".join(_render(self.nodes, scope))
        except Exception as error:  # noqa: BLE001 - a wrong argument must not lose an alert
            return f"<error expanding template: {error}>"


def _render(nodes: Sequence[_TemplateNode], scope: Scope) -> list[str]:
    out: list[str] = []
    for node in nodes:
        if node.value is not None:
            out.append(text_of(node.value(scope)))
        elif node.branches:
            chosen = next((inner for condition, inner in node.branches if condition is None or condition(scope)), ())
            out.extend(_render(chosen, scope))
        else:
            out.append(node.text)
    return out


def compile_template(text: str) -> Template:
    """
    Read a template.

    Args:
        text: Value of a label or an annotation.

    Raises:
        RuleError: When it cannot be read, or uses what is not held; the reason names it.
    """
    if "{{" not in text:
        return Template(text, ())
    try:
        pieces = _pieces(text)
        nodes, _ = _nodes(pieces, ())
    except _UnreadableError as problem:
        raise RuleError([f"template {text!r}: {problem}"]) from problem
    return Template(text, tuple(nodes))


def _pieces(text: str) -> list[Piece]:
    pieces: list[Piece] = []
    position = 0
    is_trimmed = False
    for match in _ACTION.finditer(text):
        before = text[position : match.start()]
        before = before.lstrip() if is_trimmed else before
        pieces.append((False, before.rstrip() if match[1] else before))
        is_comment = match[2].startswith("/*") and match[2].endswith("*/")
        if not is_comment:
            pieces.append((True, match[2]))
        is_trimmed = bool(match[3])
        position = match.end()
    rest = text[position:]
    if "{{" in rest:
        raise _UnreadableError("a {{ is not closed")
    pieces.append((False, rest.lstrip() if is_trimmed else rest))
    return pieces


def _nodes(pieces: Sequence[Piece], until: tuple[str, ...]) -> tuple[list[_TemplateNode], Sequence[Piece]]:
    nodes: list[_TemplateNode] = []
    while pieces:
        (is_action, body), pieces = pieces[0], pieces[1:]
        word = body.split(None, 1)[0] if is_action and body else ""
        if not is_action:
            if body:
                nodes.append(_TemplateNode(text=body))
        elif word in ("else", "end"):
            if word not in until:
                raise _UnreadableError(f"{word!r} without an if before it")
            return nodes, [(is_action, body), *pieces]
        elif word == "if":
            node, pieces = _condition(body, pieces)
            nodes.append(node)
        elif word in _REFUSED:
            raise _UnreadableError(f"{word} is not supported")
        else:
            nodes.append(_TemplateNode(value=_compiled(body)))
    if until:
        raise _UnreadableError("an if is not closed by an end")
    return nodes, []


def _condition(body: str, pieces: Sequence[Piece]) -> tuple[_TemplateNode, Sequence[Piece]]:
    branches: list[tuple[Evaluate | None, tuple[_TemplateNode, ...]]] = []
    condition: Evaluate | None = _compiled(body.partition("if")[2])
    while True:
        inner, pieces = _nodes(pieces, ("else", "end"))
        branches.append((condition, tuple(inner)))
        (_, word), pieces = pieces[0], pieces[1:]
        if word == "end":
            return _TemplateNode(branches=tuple(branches)), pieces
        rest = word.removeprefix("else").strip()
        condition = _compiled(rest.removeprefix("if")) if rest else None


def _compiled(body: str) -> Evaluate:
    tokens = _tokens(body)
    value, rest = _pipeline(tokens)
    if rest:
        raise _UnreadableError(f"{rest[0][1]!r} is not expected in {body!r}")
    return value


def _tokens(body: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(body.rstrip()):
        match = _TOKEN.match(body, position)
        if match is None:
            raise _UnreadableError(f"{body[position:].strip()!r} cannot be read")
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind]))
        position = match.end()
    if not tokens:
        raise _UnreadableError("an empty {{ }}")
    return tokens


def _pipeline(tokens: Sequence[Token]) -> tuple[Evaluate, Sequence[Token]]:
    value, tokens = _command(tokens, None)
    while tokens and tokens[0][1] == "|":
        value, tokens = _command(tokens[1:], value)
    return value, tokens


def _command(tokens: Sequence[Token], piped: Evaluate | None) -> tuple[Evaluate, Sequence[Token]]:
    if not tokens:
        raise _UnreadableError("something is missing after |")
    kind, word = tokens[0]
    if kind != "word" or word in ("true", "false"):
        if piped is not None:
            raise _UnreadableError(f"{word!r} is no function to pipe into")
        return _operand(tokens)
    if word not in FUNCTIONS:
        raise _UnreadableError(f"the function {word} is not supported")
    tokens = tokens[1:]
    arguments: list[Evaluate] = []
    while tokens and tokens[0][1] not in ("|", ")"):
        argument, tokens = _operand(tokens)
        arguments.append(argument)
    if piped is not None:
        arguments.append(piped)
    function = FUNCTIONS[word]
    return lambda scope: function(*(argument(scope) for argument in arguments)), tokens


def _operand(tokens: Sequence[Token]) -> tuple[Evaluate, Sequence[Token]]:
    (kind, word), rest = tokens[0], tokens[1:]
    if word == "(" and kind == "sign":
        value, rest = _pipeline(rest)
        if not rest or rest[0][1] != ")":
            raise _UnreadableError("a parenthesis is not closed")
        return value, rest[1:]
    if kind == "path":
        return _path(word), rest
    if kind == "text":
        constant: Any = word[1:-1] if word[0] == "`" else _unquoted(word)
    elif kind == "number":
        constant = int(word) if word.lstrip("+-").isdigit() else float(word)
    elif word in ("true", "false"):
        constant = word == "true"
    elif word in FUNCTIONS:
        function = FUNCTIONS[word]
        return lambda _: function(), rest
    else:
        raise _UnreadableError(f"{word!r} is not supported")
    return lambda _: constant, rest


def _unquoted(word: str) -> str:
    escapes = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[0]), word[1:-1])


_ROOTS = {
    ".Labels": "$labels",
    ".Value": "$value",
    ".ExternalLabels": "$externalLabels",
    ".ExternalURL": "$externalURL",
}


def _path(word: str) -> Evaluate:
    names = word.split(".")
    root, names = (f".{names[1]}", names[2:]) if word.startswith(".") else (names[0], names[1:])
    root = _ROOTS.get(root, root)
    if root not in ("$labels", "$value", "$externalLabels", "$externalURL"):
        raise _UnreadableError(f"{word!r} is not known; use $labels.name or $value")
    if len(names) > (1 if root.endswith("abels") else 0):
        raise _UnreadableError(f"{word!r} goes deeper than there is anything")
    return (lambda scope: scope[root].get(names[0], "")) if names else (lambda scope: scope[root])
