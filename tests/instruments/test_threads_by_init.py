"""The context crosses threads from `otel_agent.init` to the end of telemetry."""

import threading
from concurrent.futures import ThreadPoolExecutor

import otel_agent
from otel_agent.testing import recorded


@otel_agent.traced
def work() -> None:
    """A function that is called in other threads."""


def test_spans_of_threads_and_pools_are_children_of_who_started_them() -> None:
    """While telemetry is on; after its end threads are started as before."""
    before = (threading.Thread.start, ThreadPoolExecutor.submit)
    with recorded() as telemetry, otel_agent.span("root"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(work).result()
    numbers = {span["name"]: span["number"] for span in telemetry.spans}

    assert ["work", "work", "root"] == [span["name"] for span in telemetry.spans]
    assert [numbers["root"]] * 2 == [span["parent"] for span in telemetry.spans if span["name"] == "work"]
    assert before == (threading.Thread.start, ThreadPoolExecutor.submit)
