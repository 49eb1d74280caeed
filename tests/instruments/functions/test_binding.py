"""What is decorated records with the recorder of the moment."""

import gc
import json
import os
import subprocess
import sys
import weakref
from typing import Any

import pytest

from otel_agent.instruments.functions import decorators
from otel_agent.instruments.functions.binding import Binding
from otel_agent.instruments.functions.decorators import traced
from otel_agent.recording.durations import Durations
from otel_agent.recording.recorder import Recorder, durations_only


@traced
def function() -> int:
    """A function."""
    return 3


class Bound:
    """Something that records, and remembers with what."""

    def __init__(self) -> None:
        self.recorders: list[Recorder | None] = []

    def bind(self, recorder: Recorder | None) -> None:
        """Remember."""
        self.recorders.append(recorder)


def test_whatever_is_added_is_bound_now_and_whenever_the_recorder_changes() -> None:
    """Before telemetry, during it, after a refresh, and after its end."""
    binding, bound, recorder = Binding(), Bound(), durations_only(Durations())
    binding.add(bound)
    binding.bind(recorder)
    binding.refresh()
    binding.bind(None)
    late = Bound()
    binding.add(late)

    assert [None, recorder, recorder, None] == bound.recorders
    assert [None] == late.recorders


def test_what_is_added_is_held_weakly() -> None:
    """A decorated function that nobody holds is gone."""
    binding, bound = Binding(), Bound()
    binding.add(bound)
    watch = weakref.ref(bound)
    del bound
    gc.collect()

    assert watch() is None


def test_functions_record_from_the_moment_telemetry_starts_until_it_ends(make_rig: Any) -> None:
    """The same decorated function is silent, recorded, and silent again."""
    function()
    found = make_rig()
    function()
    decorators.bind(None)
    function()

    assert ["function"] == [each.name for each in found.spans]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_records_its_own() -> None:
    """Decorated functions go on in a child, with other ids, the child's resource and durations from zero."""
    program = (
        "import json, os\n"
        "from collections import deque\n"
        "from types import SimpleNamespace\n"
        "from otel_agent.instruments.functions import decorators as functions\n"
        "from otel_agent.recording import durations\n"
        "from otel_agent.recording.provider import TracerProvider\n"
        "queue = SimpleNamespace(items=deque(), limit=100, overflow=None)\n"
        "provider = TracerProvider(shutdown_on_exit=False, queue=queue)\n"
        "functions.bind(provider.recorder('t', durations.shared))\n"
        "@functions.traced\n"
        "def work(): pass\n"
        "def report():\n"
        "    with functions.span('root'):\n"
        "        work()\n"
        "    spans = list(queue.items)[-2:]\n"
        "    counted = sum(each.count for _, _, each in durations.shared.collect())\n"
        "    pid = spans[0].resource.attributes.get('process.pid')\n"
        "    return [spans[0].span_id, spans[1].trace_id, counted, pid in (None, os.getpid()), os.getpid()]\n"
        "report()\n"
        "read, write = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.write(write, json.dumps(report()).encode()); os._exit(0)\n"
        "os.wait()\n"
        "print(json.dumps([report(), json.loads(os.read(read, 999))]))\n"
    )
    environment = {**os.environ, "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "process"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, env=environment
    )
    parent, child = json.loads(done.stdout)

    assert [2, 1] == [parent[2], child[2]]
    assert [True, True] == [parent[3], child[3]]
    assert 6 == len({*parent[:2], *child[:2], parent[4], child[4]})
