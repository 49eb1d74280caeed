"""Durations of all functions are counted exactly, whatever threads and forks do."""

import os
import subprocess
import sys
import threading

import pytest

from otel_agent.recording.durations import FULL, MOST_WAITING, Durations


def test_a_failed_call_is_shown_with_its_trace() -> None:
    """Each kind of error has the newest trace that shows it."""
    from opentelemetry.trace import SpanContext, TraceFlags

    durations = Durations()
    durations.series("f").add(9, KeyError(), SpanContext(3, 4, False, TraceFlags(1)))
    durations.series("f").add(9, OSError(), SpanContext(5, 6, False, TraceFlags(0)))

    assert [(("f", "KeyError"), 3, 4)] == [
        (key, example.trace_id, example.span_id) for key, example in durations.examples().items()
    ]


def test_full_lists_wait_for_a_collection_and_lose_nothing() -> None:
    """However many calls there are between two collections, all are counted and memory has a bound."""
    durations = Durations()
    series = durations.series("f")
    calls = FULL * (MOST_WAITING + 10) + 5
    for _ in range(calls):
        series.pending.append(7)
        if len(series.pending) >= FULL:
            series.hand_over()
    waiting = len(series.waiting)
    (counted,) = [each.count for _, _, each in durations.collect()]

    assert calls == counted
    assert waiting <= MOST_WAITING
    assert ([], []) == (series.pending, series.waiting)


def test_collecting_while_calls_go_on_loses_none() -> None:
    """Every call is in exactly one collection, whatever the threads do meanwhile."""
    durations = Durations()
    series = durations.series("f")

    def work() -> None:
        for _ in range(50_000):
            series.pending.append(3)
            if len(series.pending) >= FULL:
                series.hand_over()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        durations.collect()
    for thread in threads:
        thread.join(30)

    assert [200_000] == [each.count for _, _, each in durations.collect()]


def test_figures_are_for_people() -> None:
    """Name, calls, errors, total, median and 99th percentile; what took longest in all comes first."""
    durations = Durations()
    durations.series("quick").add(1_000_000, None)
    slow = durations.series("slow")
    slow.add(2_000_000_000, None)
    slow.add(4_000_000_000, ValueError())
    first, second = durations.figures()

    assert ("slow", 2, 1, 6.0) == first[:4]
    assert first[5] == pytest.approx(4.0, rel=0.02)
    assert ("quick", 1, 0, 0.001) == second[:4]


def test_somebody_can_be_told_of_calls() -> None:
    """What watches functions without a decorator feeds the same series."""
    durations = Durations()
    told = durations.observer("f")
    for _ in range(FULL + 1):
        told(5, None)
    told(6, "KeyError")

    assert {(None, FULL + 1), ("KeyError", 1)} == {(error, each.count) for _, error, each in durations.collect()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_begins_at_zero() -> None:
    """It counts its own calls, since its own beginning, also when the parent held the lock."""
    program = (
        "import os, sys, time\n"
        "from otel_agent.recording.durations import shared\n"
        "series = shared.series('f'); series.add(5, None); shared.collect(); series.add(6, None); before = shared.start_ns\n"
        "shared._lock.acquire()\n"
        "if os.fork() == 0:\n"
        "    series.add(7, None); series.add(8, None)\n"
        "    found = [each.count for _, _, each in shared.collect()]\n"
        "    os._exit(0 if found == [2] and shared.start_ns > before else 1)\n"
        "shared._lock.release()\n"
        "print(os.waitstatus_to_exitcode(os.wait()[1]), [each.count for _, _, each in shared.collect()])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)

    assert "0 [2]" == done.stdout.strip()
