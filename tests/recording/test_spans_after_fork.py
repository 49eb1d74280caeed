"""Spans in a forked child."""

import os
import signal

import otel_agent
from otel_agent.recording import spans


def test_a_child_does_not_wait_for_a_thread_that_stayed_behind() -> None:
    """Attributes that need a closer look take a lock; whoever held it when the process forked does not hold it in the child."""
    telemetry = otel_agent.init(export="none", spool=False, instrument=False, trace_modules=False)
    with spans._attribute_lock:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            with otel_agent.span("order") as span:
                span.set_attributes({"sizes": [1, 2]})
            os._exit(7)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    telemetry.shutdown()

    assert 7 == status
