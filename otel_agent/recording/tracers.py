"""
The tracer: begins spans, by the quick way where it is open.

There is a quick way and a complete one. The quick way is open for the child of a plain span (see `spans`) while nothing has to be
asked about it: the sampler lets children follow their parents, no processor listens, ids are ours. `Tracer.hot` says so: it is
the class a parent must have, or `None`. The complete way is the SDK's, step by step.
"""

# ruff: noqa: SLF001, FBT001, FBT002, PLR0913, PLR0917 - a subclass of the SDK's works with what the SDK keeps to itself, and keeps its signatures

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk import trace as sdk
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from opentelemetry.util.types import Attributes

from otel_agent.clock import wall_ns
from otel_agent.guard import shared
from otel_agent.recording.context import SPAN_KEY, current
from otel_agent.recording.current_span import CurrentSpan
from otel_agent.recording.ids import random_bits
from otel_agent.recording.sampling.unsampled import UnsampledSpan
from otel_agent.recording.sites import MAX_SITES, Site
from otel_agent.recording.spans import HAS_IS_REMOTE, IS_REMOTE, SAMPLED, RareSpan, Span

__all__ = ["Tracer"]

_RANDOM = TraceFlags.RANDOM_TRACE_ID
_BOTH = (True, True)
_new: Any = object.__new__


class Tracer(sdk.Tracer):
    """
    Makes the spans of one instrumentation scope; see the interface.

    Args:
        *args: Arguments of the SDK's tracer.
        provider: A `recording.provider.TracerProvider`; takes in spans that have ended.
        records_dropped: Whether spans that the sampler drops are recorded all the same.
        **kwargs: Keyword arguments of the SDK's tracer.
    """

    hot: type[Span] | None
    """Class of the parents whose children need no thought; `None` when all do."""
    bare: type[UnsampledSpan] | None
    """Class of the parents below which nothing is recorded; `None` when the sampler has to be asked there too."""
    root: Callable[[], Any] | None
    """Begins the span of a new trace, all but its site, span id and start: a `Span`, or an `UnsampledSpan` that is complete;
    `None` when the sampler has to be asked."""

    def __init__(self, *args: Any, provider: Any, records_dropped: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope = self._instrumentation_scope
        self.limits = self._span_limits
        self.provider = provider
        self.finish: Callable[[Span], None] = provider.finish
        self.records_dropped = records_dropped
        self.hot = self.bare = self.root = None
        self.internal: dict[str, Site] = {}
        """Sites by name, of the usual kind; read by whoever is in a hurry, filled by `site`."""
        self._sites: dict[Any, Site] = {}
        self._counts_spans = type(self._tracer_metrics).__name__ != "NoOpTracerMetrics"

    @property
    def counts_spans(self) -> bool:
        """Whether the SDK's metrics about spans are switched on."""
        return self._counts_spans

    def site(self, name: str, kind: Any = SpanKind.INTERNAL) -> Site:
        """The site of spans of one name and kind without attributes of their own."""
        sites: dict[Any, Site]
        key: Any
        sites, key = (self.internal, name) if kind is SpanKind.INTERNAL else (self._sites, (name, id(kind)))
        try:
            site = sites.get(key)
        except TypeError:  # a name that cannot be hashed
            return Site(self, name, kind)
        if site is None:
            if len(sites) >= MAX_SITES:
                sites.clear()
            site = sites[key] = Site(self, name, kind)
        return site

    def make_site(self, name: str, kind: Any, attributes: Mapping[str, Any]) -> Site:
        """
        Make a site with attributes, of a decorated function.

        Args:
            name: Span name.
            kind: A `SpanKind`.
            attributes: Attributes of every span; not yet cleaned.
        """
        limits = self.limits
        clean = BoundedAttributes(
            limits.max_span_attributes, attributes, max_value_len=limits.max_span_attribute_length
        )
        return Site(self, name, kind, dict(clean))

    def _set_resource(self, resource: Any) -> None:
        super()._set_resource(resource)
        # Spans that are under way keep the resource they began with, so sites are made anew rather than changed.
        self.internal.clear()
        self._sites.clear()

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> trace.Span:
        """Begin a span; see the interface."""
        parent: Any = (current() if context is None else context).get(SPAN_KEY)
        site = self.site(name, kind)
        if type(parent) is self.hot and not links and record_exception and set_status_on_exception:
            return self._begin_child(site, parent, attributes, start_time)
        raises = (record_exception, set_status_on_exception)
        return self.begin(site, context, attributes, links, start_time, raises=raises)

    def start_as_current_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Any:
        """Begin a span that is current in a block or a function; see the interface."""
        block = CurrentSpan()
        block.tracer, block.name, block.attributes, block.end_on_exit = self, name, attributes, end_on_exit
        if (
            context is None
            and kind is SpanKind.INTERNAL
            and not links
            and start_time is None
            and record_exception
            and set_status_on_exception
        ):
            block.special = None
        else:
            rest = (links, start_time, record_exception, set_status_on_exception)
            block.special = (name, context, kind, attributes, *rest)
        return block

    def begin_usual(self, name: str, attributes: Mapping[str, Any] | None, context: Context) -> Any:
        """
        Begin a span of the usual kind by the shortest way that is open.

        Args:
            name: Span name.
            attributes: Attributes of the span; not yet cleaned.
            context: The current context.
        """
        parent: Any = context.get(SPAN_KEY)
        if type(parent) is self.hot:
            span = _new(self.hot)
            span.trace_id = parent.trace_id
            span.parent_id = parent.span_id
            span.flags = parent.flags
        elif parent is None and self.root is not None:
            span = self.root()
            if type(span) is UnsampledSpan:
                return span
        else:
            return self.begin(self.site(name), None, attributes)
        try:
            site = self.internal.get(name)
        except TypeError:  # a name that cannot be hashed
            site = None
        span.site = site or self.site(name)
        span.span_id = random_bits(64) or 1
        span.end_ns = span.own = span.extra = None
        if attributes:
            span.set_attributes(attributes)
        span.start_ns = wall_ns()
        return span

    def begin(
        self,
        site: Site,
        context: Context | None = None,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[Link] | None = (),
        start_ns: int | None = None,
        *,
        raises: tuple[bool, bool] = _BOTH,
    ) -> trace.Span:
        """
        Begin a span by the shortest way that is open.

        Args:
            site: Site that the span belongs to.
            context: Context that holds the parent; the current one by default.
            attributes: Attributes beside the site's; not yet cleaned.
            links: Links of the span.
            start_ns: Time of the start, in nanoseconds since 1970; now by default.
            raises: Whether an exception that leaves a `with` block of the span is recorded, and makes its status an error.
        """
        if not links and raises == _BOTH:
            found: Any = (current() if context is None else context).get(SPAN_KEY)
            if type(found) is self.hot:
                return self._begin_child(site, found, attributes, start_ns)
            if found is None and self.root is not None:
                begun: trace.Span = self._begin_root(self.root(), site, attributes, start_ns)
                return begun
        return self._begin(site, context, attributes, links or (), start_ns, raises)

    def _begin(self, site: Site, context: Any, attributes: Any, links: Any, start_ns: Any, raises: Any) -> trace.Span:
        """The complete way: the SDK's steps, in its order."""
        parent: SpanContext | None = trace.get_current_span(context).get_span_context()
        if parent is not None and not isinstance(parent, SpanContext):
            raise TypeError("parent_span_context must be a SpanContext or None.")
        if not self._is_enabled():
            return NonRecordingSpan(parent or INVALID_SPAN_CONTEXT)
        ids = self.id_generator
        if parent is None or not parent.is_valid:
            parent, trace_id, is_random = None, ids.generate_trace_id(), ids.is_trace_id_random()
        else:
            trace_id, is_random = parent.trace_id, parent.trace_flags.random_trace_id
        given = {**site.attributes, **(attributes or {})} if site.attributes else attributes
        result = self._sampling_result(context, trace_id, site, given, links)
        flags = (SAMPLED if result.decision.is_sampled() else 0) | (_RANDOM if is_random else 0)
        counted = self._tracer_metrics.start_span(parent, result.decision) if self._counts_spans else None
        is_recorded = result.decision.is_recording()
        if not (is_recorded or self.records_dropped):
            if self.bare is not None:
                dropped: UnsampledSpan = UnsampledSpan()
                dropped.trace_id, dropped.flags, dropped.trace_state = trace_id, flags, result.trace_state
                return dropped
            state = result.trace_state
            return NonRecordingSpan(SpanContext(trace_id, ids.generate_span_id(), False, TraceFlags(flags), state))
        span = self._make(site, parent, flags, result.trace_state, raises, counted)
        given = result.attributes if is_recorded else given
        span.trace_id = trace_id
        span.span_id = ids.generate_span_id()
        if given and given != site.attributes:
            if site.attributes:
                span.site = self.site(site.name, site.kind)
            span.set_attributes(given)
        for link in links:
            if link is not None:
                span.add_link(link.context, link.attributes)
        span.start_ns = wall_ns() if start_ns is None else start_ns
        self.span_processor.on_start(span, parent_context=context)
        return span

    def _begin_child(self, site: Site, parent: Any, attributes: Any, start_ns: int | None) -> Span:
        """The child of a plain span."""
        span: Span = Span()
        span.site = site
        span.trace_id = parent.trace_id
        span.parent_id = parent.span_id
        span.flags = parent.flags
        span.span_id = random_bits(64) or 1
        span.end_ns = span.own = span.extra = None
        if attributes:
            span.set_attributes(attributes)
        span.start_ns = wall_ns() if start_ns is None else start_ns
        return span

    def _begin_root(self, span: Any, site: Site, attributes: Any, start_ns: int | None) -> Any:
        """Complete what `root` has begun."""
        if type(span) is UnsampledSpan:
            return span
        span.site = site
        span.span_id = random_bits(64) or 1
        span.end_ns = span.own = span.extra = None
        if attributes:
            span.set_attributes(attributes)
        span.start_ns = wall_ns() if start_ns is None else start_ns
        return span

    def _sampling_result(self, context: Any, trace_id: int, site: Site, attributes: Any, links: Any) -> Any:
        try:
            return self.sampler.should_sample(context, trace_id, site.name, site.kind, attributes, links)
        except Exception as error:  # noqa: BLE001 - a sampler is foreign code, and a span is asked for by the agent's
            shared.report("recording.sampler", "the sampler failed; the span follows its parent", error)
            return sdk.sampling.DEFAULT_ON.should_sample(context, trace_id, site.name, site.kind, attributes, links)

    def _make(self, site: Site, parent: SpanContext | None, flags: int, state: Any, raises: Any, counted: Any) -> Span:
        is_rare = (
            not (flags & SAMPLED or self.records_dropped)
            or bool(state)
            or raises != _BOTH
            or counted is not None
            or (parent is not None and (parent.is_remote or parent.trace_flags != flags or bool(parent.trace_state)))
        )
        if is_rare:
            rare = RareSpan()
            rare._parent_context = parent
            rare._record_exception, rare._set_status_on_exception = raises
            rare._record_end_metrics = counted
            span: Span = rare
        else:
            span = Span()
        span.site = site
        span.parent_id = 0 if parent is None else parent.span_id
        span.flags = flags | HAS_IS_REMOTE | (IS_REMOTE if parent is not None and parent.is_remote else 0)
        span.end_ns = span.own = span.extra = None
        if state:
            span.more().trace_state = state
        return span
