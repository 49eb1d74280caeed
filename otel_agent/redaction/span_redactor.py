"""
The redactor of spans: names, attributes, events, links, status descriptions, of ours and of anybody's.

An ordinary span of ours costs one look at its site, and a few set operations when it has attributes: a site's name and
static attributes are judged once, keys and short texts that were found harmless are remembered.
"""

from collections.abc import Sequence
from operator import is_not
from typing import Any

from otel_agent.guard import shared
from otel_agent.redaction.redacted_view import RedactedView, flat
from otel_agent.redaction.resource_redactor import ResourceRedactor
from otel_agent.redaction.value_redactor import NUMBERS, ValueRedactor

__all__ = ["SpanRedactor"]

MAX_REMEMBERED = 4096
"""Sites remembered before all are forgotten."""


class _RedactedSpan:
    """A span of ours with something taken out, in the shape that the encoder reads."""

    __slots__ = ("end_ns", "extra", "flags", "own", "parent_id", "site", "span_id", "start_ns", "trace_id")

    def __init__(self, span: Any, site: Any, own: Any, extra: Any) -> None:
        self.site, self.own, self.extra = site, own, extra
        self.trace_id, self.span_id, self.parent_id = span.trace_id, span.span_id, span.parent_id
        self.flags, self.start_ns, self.end_ns = span.flags, span.start_ns, span.end_ns


class SpanRedactor:
    """
    Cleans batches of spans and remembers what their sites need.

    Args:
        values: Cleans values.
        resources: Cleans resources and scopes.
    """

    def __init__(self, values: ValueRedactor, resources: ResourceRedactor) -> None:
        self._values = values
        self._resources = resources
        self._sites: dict[int, tuple[Any, Any]] = {}

    def clean(self, items: Sequence[Any]) -> Sequence[Any]:  # noqa: C901, PLR0912 - the hot loop, kept in one frame
        """
        Spans without their secrets. Never raises.

        Args:
            items: Spans of ours and foreign `ReadableSpan`s, mixed.

        Returns:
            The same sequence when nothing had to change.
        """
        changed: dict[int, Any] = {}
        sites, text = self._sites, self._values.text
        harmless, clean = self._values.harmless_keys, self._values.clean_texts
        last_site: Any = object()
        site_now: Any = None
        foreign: type | None = None
        for position, span in enumerate(items):
            if span.__class__ is not foreign:
                try:
                    site = span.site
                    if site is not last_site:
                        known = sites.get(id(site))
                        site_now = known[1] if known is not None and known[0] is site else self._judge(site)
                        last_site = site
                    if span.extra is None and site_now is site:
                        own = span.own
                        if not own:
                            continue
                        if harmless.issuperset(own):
                            for value in own.values():
                                kind = value.__class__
                                if kind is str:
                                    if value not in clean and text(value) is not value:
                                        break
                                elif kind not in NUMBERS:
                                    break
                            else:
                                continue
                    kept = self._own(span, site_now)
                except Exception:  # noqa: BLE001 - not of ours, or odd; the other way looks at each part on its own
                    last_site = object()
                    if not hasattr(span, "site"):
                        foreign = span.__class__
                    kept = self._carefully(span)
            else:
                kept = self._carefully(span)
            if kept is not span:
                changed[position] = kept
        return [changed.get(position, span) for position, span in enumerate(items)] if changed else items

    def _judge(self, site: Any) -> Any:
        name, attributes = site.name, site.attributes
        new_name = self._values.text(name) if name.__class__ is str else name
        new_attributes = self._values.mapping(attributes)
        resource, scope = self._resources.clean(site.resource), self._resources.clean(site.scope)
        judged = site
        if (
            new_name is not name
            or new_attributes is not attributes
            or resource is not site.resource
            or scope is not site.scope
        ):
            judged = RedactedView(
                site, name=new_name, attributes=new_attributes, resource=resource, scope=scope, encoded=None
            )
        if len(self._sites) >= MAX_REMEMBERED:
            self._sites.clear()
        self._sites[id(site)] = (site, judged)
        return judged

    def _own(self, span: Any, site: Any) -> Any:
        own = self._attributes(span.own)
        extra = span.extra
        if extra is not None:
            extra = self._extra(extra)
        if own is span.own and extra is span.extra and site is span.site:
            return span
        return _RedactedSpan(span, site, own, extra)

    def _extra(self, extra: Any) -> Any:
        replaced = self._parts(extra.events, extra.links)
        description = extra.status_description
        if description:
            cleaned = self._values.value("", description)
            if cleaned is not description:
                replaced["status_description"] = cleaned
        if extra.trace_state and not self._is_clean_state(extra.trace_state):
            replaced["trace_state"] = None
        return RedactedView(extra, **replaced) if replaced else extra

    def _parts(self, events: Any, links: Any) -> dict[str, Any]:
        replaced = {}
        if events:
            new_events = [self._event(event) for event in events]
            if any(map(is_not, new_events, events)):
                replaced["events"] = new_events
        if links:
            new_links = [self._link(link) for link in links]
            if any(map(is_not, new_links, links)):
                replaced["links"] = new_links
        return replaced

    def _event(self, event: Any) -> Any:
        before, known = flat(event.attributes), event.name
        attributes = self._attributes(before)
        is_clean = known.__class__ is str and known in self._values.clean_texts
        name = known if is_clean else self._values.value("", known)
        if attributes is before and name is known:
            return event
        return RedactedView(event, attributes=attributes, name=name)

    def _link(self, link: Any) -> Any:
        before = flat(link.attributes)
        attributes = self._values.mapping(before)
        return link if attributes is before else RedactedView(link, attributes=attributes)

    def _attributes(self, attributes: Any) -> Any:
        return self._values.attributes(attributes) if attributes.__class__ is dict else self._values.mapping(attributes)

    def _is_clean_state(self, trace_state: Any) -> bool:
        return all(self._values.value(key, value) is value for key, value in trace_state.items())

    def _carefully(self, span: Any) -> Any:
        """Any span, each part on its own; a part that cannot be looked at is left out."""
        try:
            if hasattr(span, "site"):
                return self._own(span, self._judge(span.site))
            return self._readable(span)
        except Exception as error:  # noqa: BLE001 - what cannot be looked at does not leave
            shared.report(
                "redaction", "a span could not be checked for secrets; only its name and times are sent", error
            )
            return _bare(span)

    def _readable(self, span: Any) -> Any:
        values = self._values
        replaced = self._parts(span.events, span.links)
        before = flat(span.attributes)
        attributes = values.mapping(before)
        if attributes is not before:
            replaced["attributes"] = attributes
        name = values.value("", span.name)
        if name is not span.name:
            replaced["name"] = name
        status = span.status
        if status is not None and status.description:
            description = values.value("", status.description)
            if description is not status.description:
                replaced["status"] = RedactedView(status, description=description)
        for part in ("resource", "instrumentation_scope"):
            origin = getattr(span, part)
            cleaned = self._resources.clean(origin)
            if cleaned is not origin:
                replaced[part] = cleaned
        context = span.get_span_context()
        if context.trace_state and not self._is_clean_state(context.trace_state):
            plain_context = RedactedView(context, trace_state=None)
            replaced["get_span_context"] = lambda: plain_context
        return RedactedView(span, **replaced) if replaced else span


def _bare(span: Any) -> Any:
    if hasattr(span, "site"):
        return _RedactedSpan(
            span, RedactedView(span.site, name="[redacted: error]", attributes=None, encoded=None), None, None
        )
    return RedactedView(span, name="[redacted: error]", attributes=None, events=(), links=(), status=None)
