"""Records under their resource and scope."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from otel_agent import guard
from otel_agent.delivery.wire import resource_groups
from otel_agent.delivery.wire.primitives import delimited
from otel_agent.delivery.wire.resource_groups import ResourceGroups, left_out, resource_envelope, scope_envelope

SPAN = delimited(b"\x12", b"\x2a\x01x")


def test_records_stand_under_their_resource_and_scope() -> None:
    """Equal resources are one group, groups are in the order of their first record, and empty ones are left out."""
    groups = ResourceGroups()
    resources = [resource_envelope(Resource({"name": name}, "schema")) for name in ("a", "b", "a", "c")]
    scopes = [scope_envelope(InstrumentationScope(name, "1", "schema", {"k": 1})) for name in ("x", "y", "x", "x")]
    for resource, scope in zip(resources[:3], scopes[:3], strict=True):
        groups.under(resource, scope).append(SPAN)
    groups.under(resources[3], scopes[3])
    request = ExportTraceServiceRequest.FromString(groups.request())

    assert [("a", "schema", [("x", "1", "schema", 2)]), ("b", "schema", [("y", "1", "schema", 1)])] == [
        (
            resource.resource.attributes[0].value.string_value,
            resource.schema_url,
            [
                (scope.scope.name, scope.scope.version, scope.schema_url, len(scope.spans))
                for scope in resource.scope_spans
            ],
        )
        for resource in request.resource_spans
    ]


def test_a_resource_is_encoded_once() -> None:
    """The same object has the same bytes, and the memory of objects is bounded."""
    resource = Resource({"name": "a"})
    first = resource_envelope(resource)
    again = resource_envelope(resource)
    for number in range(resource_groups.MAX_REMEMBERED + 10):
        resource_envelope(Resource({"number": number}))
        scope_envelope(InstrumentationScope(f"scope {number}"))

    assert first is again
    assert first == resource_envelope(resource)
    assert len(resource_groups._resources) <= resource_groups.MAX_REMEMBERED
    assert len(resource_groups._scopes) <= resource_groups.MAX_REMEMBERED


def test_what_is_no_resource_has_an_empty_one() -> None:
    """A record of somebody else's without resource and scope is sent all the same."""
    groups = ResourceGroups()
    groups.under(resource_envelope(None), scope_envelope(None)).append(SPAN)

    assert 1 == len(ExportTraceServiceRequest.FromString(groups.request()).resource_spans[0].scope_spans[0].spans)


def test_what_is_left_out_is_counted() -> None:
    """A record beyond repair is counted by its signal."""
    before = guard.shared.counts().get("wire.spans", 0)
    left_out("spans", ValueError("odd"))

    assert before + 1 == guard.shared.counts()["wire.spans"]
