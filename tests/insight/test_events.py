"""Log events of findings."""

from otel_agent import catalog
from otel_agent.insight.events import EVENT_NAME, finding_event
from otel_agent.insight.findings import Finding

FINDING = Finding("slow_query", "SELECT parcel", "parcels.py:40", {"p95_s": 0.7}, 3.0, 0.8, "Make an index.", ("0a",))


def test_an_event_says_what_the_catalogue_promises() -> None:
    """Its name, its attributes, a line for people, and a trace that shows it."""
    event = finding_event(FINDING)

    assert {attribute.name for attribute in catalog.EVENTS[EVENT_NAME].attributes} == set(event.attributes)
    assert (str(FINDING), 10, 9) == (event.body, event.trace_id, event.severity_number)


def test_what_is_not_there_is_no_attribute() -> None:
    """Neither a line nor a saving."""
    event = finding_event(Finding("gc_pressure", "garbage collection", "", {"share": 0.1}, None, 0.8, "Freeze."))

    assert not {"agent.finding.place", "agent.finding.saving"} & set(event.attributes)
    assert 0 == event.trace_id
