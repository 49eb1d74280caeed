"""How the SDK's logs are loaded where no thread can be had."""

from opentelemetry.sdk import resources
from opentelemetry.sdk.resources import Resource

from otel_agent.logs.sdk_loading import without_detectors


def test_no_detector_runs_in_the_block_and_all_do_after_it() -> None:
    """A resource is made of what it is given."""
    before = resources.get_aggregated_resources
    with without_detectors():
        made = Resource.create({"a": 1})

    assert 1 == made.attributes["a"]
    assert before is resources.get_aggregated_resources
