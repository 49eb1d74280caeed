"""
Spans of queries, made when the query has ended.

With a tracer of ours (see `recording.tracers`) a statement has a site: what its spans share is stored, and encoded, once. Any other
tracer is spoken to through OpenTelemetry's interface.
"""

from collections.abc import Mapping
from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TraceFlags

from otel_agent.catalog import attributes as a
from otel_agent.catalog import database as names
from otel_agent.clock import wall_ns
from otel_agent.instruments.databases.call_sites import call_site
from otel_agent.instruments.databases.n_plus_one import FIRST_REPETITION, RepeatedQueries
from otel_agent.instruments.databases.prepared_statements import PreparedStatement
from otel_agent.recording.context import SPAN_KEY
from otel_agent.recording.ids import random_bits
from otel_agent.recording.sites import Site

__all__ = ["QuerySpans"]

SAMPLED = TraceFlags.SAMPLED

_CLIENT = SpanKind.CLIENT
_new = object.__new__


class QuerySpans:
    """
    Makes the spans of all queries.

    Args:
        tracer: Ours, or any other tracer of the OpenTelemetry API.
        slow_s: Queries that take longer, in seconds, tell where they come from.
    """

    __slots__ = ("_is_ours", "_repeats", "_slow_ns", "_tracer")

    def __init__(self, tracer: Any, slow_s: float) -> None:
        self._tracer = tracer
        self._is_ours = hasattr(tracer, "make_site")
        self._slow_ns = int(slow_s * 1e9)
        self._repeats = RepeatedQueries()

    def make(
        self,
        statement: PreparedStatement,
        surroundings: Context,
        duration_ns: int,
        batch_size: int = 0,
        rows: int = -1,
        failure: tuple[str, str | None] | None = None,
    ) -> Any:
        """
        Make the span of a query that has just ended.

        Args:
            statement: The statement.
            surroundings: The context it ran in; holds the parent.
            duration_ns: How long it took.
            batch_size: Sets of parameters, when several.
            rows: Rows of the result; negative when not known.
            failure: The error's type and the database's code, when it failed.

        Returns:
            The span, ended; None where there is none.
        """
        parent: Any = surroundings.get(SPAN_KEY)
        is_quick = self._is_ours and type(parent) is self._tracer.hot
        parent_id = parent.span_id if is_quick else _parent_id(parent)
        if parent_id is None:
            return None
        extra: dict[str, Any] | None = None
        if batch_size > 1:
            extra = {names.OPERATION_BATCH_SIZE: batch_size}
        if rows >= 0:
            extra = extra or {}
            extra[names.RESPONSE_RETURNED_ROWS] = rows
        repetitions = self._repeats.count(parent_id, statement.text) if parent_id else 0
        if repetitions >= FIRST_REPETITION or duration_ns >= self._slow_ns:
            extra = {**(extra or {}), **self._origin(repetitions, duration_ns)}
        if failure is not None:
            extra = {**(extra or {}), a.ERROR_TYPE.name: failure[0]}
            if failure[1] is not None:
                extra[a.DB_RESPONSE_STATUS_CODE.name] = failure[1]
        end_ns = wall_ns()
        span = self._begin(statement, extra, end_ns - duration_ns, parent if is_quick else None)
        if failure is not None:
            span.set_status(Status(StatusCode.ERROR, failure[0]))
        span.end(end_ns)
        return span

    def _origin(self, repetitions: int, duration_ns: int) -> dict[str, Any]:
        """What a query tells about where it comes from, when it is slow or sent again and again."""
        found: dict[str, Any] = {names.QUERY_REPETITIONS: repetitions} if repetitions >= FIRST_REPETITION else {}
        if duration_ns >= self._slow_ns or repetitions == FIRST_REPETITION:
            found.update(call_site() or {})
        return found

    def _begin(self, statement: PreparedStatement, extra: Mapping[str, Any] | None, start_ns: int, parent: Any) -> Any:
        """Begin a span; `parent` is given when it is one below which nothing has to be considered."""
        tracer = self._tracer
        if not self._is_ours:
            attributes = {**statement.attributes, **extra} if extra else statement.attributes
            return tracer.start_span(statement.name, kind=_CLIENT, attributes=attributes, start_time=start_ns)
        site = statement.site
        if site is None or site.tracer is not tracer or site.resource is not tracer.resource:
            statement.site = site = _make_site(tracer, statement)
        if parent is None:
            return tracer.begin(site, None, extra, (), start_ns)
        span = _new(type(parent))
        span.site = site
        span.trace_id = parent.trace_id
        span.parent_id = parent.span_id
        span.flags = parent.flags
        span.span_id = random_bits(64) or 1
        span.end_ns = span.own = span.extra = None
        if extra:
            if len(extra) <= site.room:
                span.own = extra
            else:
                span.set_attributes(extra)
        span.start_ns = start_ns
        return span


def _make_site(tracer: Any, statement: PreparedStatement) -> Site:
    """A site that lives as long as the statement is remembered; the tracer knows nothing of it."""
    limits = tracer.limits
    clean = BoundedAttributes(
        limits.max_span_attributes, statement.attributes, max_value_len=limits.max_span_attribute_length
    )
    return Site(tracer, statement.name, _CLIENT, dict(clean))


def _parent_id(parent: Any) -> int | None:
    """
    Identity of the parent of a query's span.

    Returns:
        0 when there is none; `None` when it is one of this process that is not sampled, for what is below it is not recorded.
    """
    if not isinstance(parent, Span):
        return 0
    context = parent.get_span_context()
    if not context.is_valid:
        return 0
    if not (context.trace_flags & SAMPLED or context.is_remote or parent.is_recording()):
        return None
    return context.span_id
