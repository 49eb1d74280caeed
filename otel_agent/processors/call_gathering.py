"""
Spans as calls and pieces of work, for insight; called on the delivery thread with what has ended.

Most spans are neither a call to anything outside nor one that such calls wait for; that is told by two look-ups each. Only the others are
looked at more closely. Where queries come in floods, those of some traces are; see `insight.thinning`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import thread_time
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode

from otel_agent.clock import monotonic_s
from otel_agent.insight.call_notes import CallNote, CallNotes
from otel_agent.insight.detectors.consecutive import is_writing_name
from otel_agent.insight.digests import digest
from otel_agent.insight.pieces import Call, Frame, Gathering, PieceOfWork
from otel_agent.insight.thinning import Thinning

__all__ = ["CallGathering"]

MOST_SITES = 8192

_READS = frozenset(("SELECT", "WITH", "SHOW", "EXPLAIN", "VALUES", "PRAGMA"))
_SYSTEMS = ("db.system.name", "db.system")
_TEXTS = ("db.query.text", "db.statement")
_OPERATIONS = ("db.operation.name", "db.operation")
_TABLES = ("db.collection.name", "db.sql.table")
_METHODS = ("http.request.method", "http.method")
"""What the conventions call these things, now and before they were stable, as most instrumentations still do."""

_READING_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_ARGUMENTS = ("gen_ai.tool.call.arguments", "tool_arguments", "agent.function.argument")
_RESULTS = ("gen_ai.tool.call.result", "tool_response", "agent.function.result")
_NO_NOTE = CallNote()

Judge = Callable[[PieceOfWork], set[int]]
FactsOf = Callable[[str, str], tuple[str, str, str]]
"""Tells text without values, operation and table of a statement, by the name of the database's product and the statement's text."""


@dataclass(slots=True)
class _Query:
    """What all executions of one statement share."""

    text: str
    table: str
    operation: str
    is_write: bool
    callers: tuple[Frame, ...] = ()
    """Where one of them was made, as far as it was ever looked up."""


class CallGathering:
    """
    Makes calls of spans.

    Args:
        judge: See `insight.pieces.Gathering`.
        notes: What is known of calls beyond their spans.
        on_call: Told of each call.
        facts_of: Reads statements of libraries that others instrument; see `FactsOf`.
    """

    def __init__(
        self,
        judge: Judge,
        notes: CallNotes,
        on_call: Callable[[Call], object] = lambda _: None,
        facts_of: FactsOf = lambda _, text: (text, "", ""),
    ) -> None:
        self.gathering = Gathering(judge)
        self._notes = notes
        self._on_call = on_call
        self._facts_of = facts_of
        self._thinning = Thinning(monotonic_s)
        self._sites: dict[Any, str] = {}
        self._queries: dict[Any, _Query | None] = {}

    def observe(self, spans: Sequence[Any]) -> None:
        """
        Look at spans that have ended.

        Args:
            spans: Spans of ours or any `ReadableSpan`, in the order in which they ended.
        """
        began_s = thread_time()
        self._look_at(spans, self._thinning.skip)
        self._thinning.spent(thread_time() - began_s)

    def _look_at(self, spans: Sequence[Any], skip: int) -> None:
        sites, waiting = self._sites, self.gathering.open
        for span in spans:
            try:
                site = span.site
            except AttributeError:
                self._look(span, _kind_of(span.name, span.kind, span.attributes or {}))
                continue
            kind = sites.get(site)
            if kind is None:
                kind = self._know(site)
            if kind == "client" and span.extra is None and site.attributes is not None:
                if span.trace_id & skip:
                    self._notes.take(span.span_id)
                else:
                    self._add_query(span, site)
            elif kind or span.span_id in waiting:
                self._look(span, kind)

    def _add_query(self, span: Any, site: Any) -> None:
        """A query of ours that went well, or a call of a decorated function: what its site tells is worked out once."""
        try:
            known = self._queries[site]
        except KeyError:
            known = self._queries[site] = self._template(site)
        if known is None:
            self._look(span, "client")
            return
        note = self._notes.take(span.span_id) or _NO_NOTE
        if note.frames and not known.callers:
            known.callers = note.frames
        own = span.own
        call = Call(
            "query",
            site.name,
            span.trace_id,
            span.span_id,
            span.parent_id,
            span.start_ns,
            span.end_ns,
            text=known.text,
            table=known.table,
            operation=known.operation,
            place=note.place or (_place(own) if own else ""),
            is_write=known.is_write,
            frames=note.frames,
            callers=known.callers,
        )
        self.gathering.add(call)

    def _template(self, site: Any) -> _Query | None:
        """What all spans of a site share; None where a site is no query's."""
        if len(self._queries) >= MOST_SITES:
            self._queries.clear()
        attributes = site.attributes
        if "db.system.name" not in attributes:
            return None
        operation = str(attributes.get("db.operation.name") or "")
        text = str(attributes.get("db.query.text") or site.name)
        table = str(attributes.get("db.collection.name") or "")
        return _Query(text, table, operation, _is_write("query", site.name, operation))

    def _know(self, site: Any) -> str:
        if len(self._sites) >= MOST_SITES:
            self._sites.clear()
        kind = self._sites[site] = _kind_of(site.name, site.kind, site.attributes or {})
        return kind

    def _look(self, span: Any, kind: str) -> None:
        context, parent = span.context, span.parent
        if context is None:
            return
        parent_id = 0 if parent is None or parent.is_remote else parent.span_id
        if context.span_id in self.gathering.open:
            name = span.name
            is_agent = kind == "agent"
            self.gathering.end(
                context.span_id, parent_id, name, span.start_time or 0, span.end_time or 0, is_agent=is_agent
            )
        if kind and kind != "agent":
            call = self._call(span, kind, context, parent_id)
            self._on_call(call)
            self.gathering.add(call)

    def _call(self, span: Any, kind: str, context: Any, parent_id: int) -> Call:
        attributes = span.attributes or {}
        note = self._notes.take(context.span_id) or _NO_NOTE
        text = table = operation = ""
        if kind == "client" and (system := _first(attributes, _SYSTEMS)):
            kind = "query"
            text, operation, table = self._facts_of(system, _first(attributes, _TEXTS) or span.name)
            operation = _first(attributes, _OPERATIONS) or operation
            table = _first(attributes, _TABLES) or table
        operation = operation or _first(attributes, _METHODS)
        name = str(attributes.get("gen_ai.tool.name") or span.name) if kind == "tool" else str(span.name)
        call = Call(
            kind,
            name,
            context.trace_id,
            context.span_id,
            parent_id,
            span.start_time or 0,
            span.end_time or 0,
            text=text,
            table=table,
            operation=operation,
            place=note.place or _place(attributes),
            is_write=_is_write(kind, name, operation),
            is_error=span.status.status_code is StatusCode.ERROR,
            rows=int(attributes.get("db.response.returned_rows", -1)),
            frames=note.frames,
            callers=note.frames,
            arguments=note.arguments,
            results=note.results,
            argument=note.argument,
            result=note.result,
        )
        if kind == "tool" and note is _NO_NOTE:
            call.argument, call.arguments = _digest_of(attributes, _ARGUMENTS)
            call.result, call.results = _digest_of(attributes, _RESULTS)
        return call


def _kind_of(name: str, kind: Any, attributes: Mapping[str, Any]) -> str:
    """What a span is: client, tool, agent, or nothing of these."""
    operation = attributes.get("gen_ai.operation.name")
    if operation == "execute_tool" or "gen_ai.tool.name" in attributes or name.startswith("execute_tool "):
        return "tool"
    if operation == "invoke_agent" or name.startswith(("invoke_agent ", "agent run")):
        return "agent"
    return "client" if kind is SpanKind.CLIENT else ""


def _is_write(kind: str, name: str, operation: str) -> bool:
    if kind == "query":
        return operation.upper().removeprefix("BATCH ") not in _READS and bool(operation)
    if operation:
        return operation.upper() not in _READING_METHODS
    return is_writing_name(name.removeprefix("execute_tool "))


def _first(attributes: Mapping[str, Any], names: Iterable[str]) -> str:
    """The first of some attributes that a span has; empty where it has none."""
    return next((str(found) for name in names if (found := attributes.get(name))), "")


def _place(attributes: Mapping[str, Any]) -> str:
    file, line = attributes.get("code.file.path"), attributes.get("code.line.number")
    return f"{file}:{line}" if file and line else ""


def _digest_of(attributes: Mapping[str, Any], names: Iterable[str]) -> tuple[int | None, frozenset[int]]:
    """Digest of what a span tells of arguments or of a result; where it tells nothing, of nothing that is equal to anything."""
    found = {
        key: value
        for key, value in attributes.items()
        if any(key == name or key.startswith(f"{name}.") for name in names)
    }
    if not found:
        return None, frozenset()
    parts = frozenset(made for value in found.values() if (made := digest(value)) is not None)
    return digest(found), parts
