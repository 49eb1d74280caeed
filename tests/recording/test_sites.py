"""Call sites: what spans of one place share, and how many of them a tracer remembers."""

from opentelemetry.sdk.trace import SpanLimits
from opentelemetry.trace import SpanKind
from recording_rig import Rig

from otel_agent.recording.sites import MAX_SITES


def test_spans_of_one_name_and_kind_share_a_site() -> None:
    """The site gives name, kind, scope and resource; another kind or another tracer has another site."""
    rig = Rig()
    first, second = rig.tracer.start_span("a"), rig.tracer.start_span("a")
    client = rig.tracer.start_span("a", kind=SpanKind.CLIENT)

    assert first.site is second.site
    assert ("a", SpanKind.INTERNAL, "tests") == (first.site.name, first.site.kind, first.site.scope.name)
    assert rig.provider.resource is first.site.resource
    assert client.site is not first.site
    assert rig.provider.get_tracer("other").start_span("a").site is not first.site


def test_attributes_of_a_site_leave_less_room_for_those_of_a_span() -> None:
    """Both together stay within the limit of a span; text has to be cut only where its length is limited."""
    limits = SpanLimits(max_span_attributes=3, max_span_attribute_length=4)
    tracer = Rig(span_limits=limits).tracer
    site = tracer.make_site("a", SpanKind.INTERNAL, {"k": "long text", "n": 1})

    assert ({"k": "long", "n": 1}, 1) == (site.attributes, site.room)
    assert str not in site.plain
    assert str in Rig().tracer.site("a").plain


def test_names_without_end_do_not_fill_the_memory() -> None:
    """A tracer remembers some thousand names and then begins anew."""
    rig = Rig()
    for number in range(MAX_SITES + 10):
        rig.tracer.site(f"order {number}")

    assert len(rig.tracer.internal) <= MAX_SITES
