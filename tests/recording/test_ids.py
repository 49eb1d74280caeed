"""Ids of traces and spans: drawn from all bits, repeated by nobody."""

import os
import random
import subprocess
import sys

import pytest
from recording_rig import Rig

from otel_agent.recording.ids import random_bits


def test_identities_survive_a_seeded_random() -> None:
    """An agent that seeds `random`, as simulations do, gets different ids and its own sequence."""
    rig = Rig()
    found, drawn = [], []
    for _ in range(2):
        random.seed(1)
        span = rig.tracer.start_span("a")
        found.append((span.trace_id, span.span_id))
        drawn.append(random.random())

    assert 2 == len(set(found))
    assert drawn[0] == drawn[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_identities_differ_after_a_fork() -> None:
    """A forked child does not go on where its parent is."""
    program = (
        "import os, sys\n"
        "from otel_agent.recording.ids import random_bits\n"
        "read, write = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.write(write, str(random_bits(64)).encode()); os._exit(0)\n"
        "os.wait()\n"
        "print(int(os.read(read, 100)) != random_bits(64))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)

    assert "True" == done.stdout.strip()


def test_ids_are_drawn_from_all_bits() -> None:
    """A span id has 64 random bits, a trace id 128."""
    rig = Rig()
    spans = [rig.tracer.start_span("a") for _ in range(64)]

    assert any(span.span_id >> 60 for span in spans)
    assert any(span.trace_id >> 120 for span in spans)
    assert 64 == len({span.span_id for span in spans})
    assert 0 <= random_bits(64) < 1 << 64
