"""Resources and scopes are looked at once each."""

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from otel_agent.redaction import resource_redactor
from otel_agent.redaction.rules import RedactionRules


def built() -> resource_redactor.ResourceRedactor:
    """With the built-in rules."""
    return resource_redactor.ResourceRedactor(RedactionRules((), ()).values)


def test_a_resource_with_a_secret_is_replaced_once() -> None:
    """Everything that leaves shares one replacement; the resource itself stays as it is."""
    redactor, resource = built(), Resource({"db.password": "hunter2", "service.name": "trader"})
    cleaned = redactor.clean(resource)

    assert {"db.password": "[redacted: password]", "service.name": "trader"} == dict(cleaned.attributes)
    assert cleaned is redactor.clean(resource)
    assert "hunter2" == resource.attributes["db.password"]


def test_what_holds_no_secret_is_the_same_object() -> None:
    """Resources, scopes, and nothing at all."""
    redactor = built()
    origins = [Resource({"service.name": "trader"}), InstrumentationScope("lib"), None]

    assert all(origin is redactor.clean(origin) for origin in origins)


def test_memory_has_a_bound() -> None:
    """Resources without end, as careless libraries make them, are forgotten together."""
    redactor = built()
    for _ in range(resource_redactor.MAX_REMEMBERED + 10):
        redactor.clean(Resource({}))

    assert len(redactor._known) <= resource_redactor.MAX_REMEMBERED
