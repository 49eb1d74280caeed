"""Pauses of the garbage collector are counted one by one."""

import gc
import sys
from functools import partial
from typing import Any

import pytest
from collected_metrics import CollectedMetrics

from otel_agent.instruments.machine import runtime


def test_pauses_of_the_garbage_collector_are_counted(collected: CollectedMetrics) -> None:
    """Each collection is one value of the histogram, by generation in detail."""
    running = runtime.install(collected.meter, detail=True)
    gc.disable()
    try:
        before = [sum(each.read()[0]) for each in running._distributions]
        for _ in range(3):
            gc.collect(0)
        gc.collect(2)
        after = [sum(each.read()[0]) for each in running._distributions]
    finally:
        gc.enable()
        running.close()

    assert [3, 0, 1, 0] == [now - then for now, then in zip(after, before, strict=True)]
    assert not [each for each in gc.callbacks if type(each).__name__ == "_PauseWatch"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="calls of functions in C count towards the limit")
def test_pauses_are_noted_at_the_limit_of_recursion_too(collected: CollectedMetrics) -> None:
    """Without detail no frame of ours is needed, and nothing is said on standard error."""
    gc.disable()
    running = runtime.install(collected.meter)
    said: list[Any] = []
    hook, sys.unraisablehook = sys.unraisablehook, said.append

    def collects_at_the_end() -> None:
        try:
            collects_at_the_end()
        except RecursionError:
            gc.collect()
            raise

    try:
        with pytest.raises(RecursionError):
            collects_at_the_end()
        collections = gc.get_stats()[2]["collections"]
        gc.collect()
        counted = sum(running.distributions()[0].read()[0])
    finally:
        sys.unraisablehook = hook
        gc.enable()
        running.close()

    assert [] == [each.object for each in said if isinstance(each.object, partial)]
    assert counted > 1
    assert collections > 0


def test_only_histograms_with_a_value_are_exported(collected: CollectedMetrics) -> None:
    """A loop that never ran has no delay, which is not a delay of zero."""
    gc.disable()
    try:
        running = runtime.install(collected.meter)
        before = running.distributions()
        gc.collect()
        after = running.distributions()
    finally:
        gc.enable()
    running.close()

    assert [] == before
    assert ["agent.gc.pause.duration"] == [each.metric.name for each in after]


@pytest.mark.parametrize("is_installed_inside", [False, True])
def test_reading_in_the_middle_of_a_collection_loses_no_pause(
    collected: CollectedMetrics, monkeypatch: pytest.MonkeyPatch, is_installed_inside: bool
) -> None:
    """Each collection that was seen to begin is one pause of its own length, though its begin was read before its end."""
    now_ns = 0
    monkeypatch.setattr(runtime, "perf_ns", lambda: now_ns)
    gc.disable()
    handles = [] if is_installed_inside else [runtime.install(collected.meter)]

    def in_the_middle(phase: str, _: object) -> None:
        nonlocal now_ns
        if phase == "stop" and not handles:
            handles.append(runtime.install(collected.meter))
        elif phase == "start" and handles:
            handles[0].distributions()
            now_ns += 1_000_000

    gc.callbacks.append(in_the_middle)
    try:
        for _ in range(4):
            now_ns += 1_000_000_000
            gc.collect()
            gc.callbacks.remove(in_the_middle)
            gc.callbacks.append(in_the_middle)  # behind ours, wherever it was
        counts, total_s, *_ = handles[0].distributions()[0].read()
    finally:
        gc.callbacks.remove(in_the_middle)
        gc.enable()
        handles[0].close()

    assert ((3, 0.003) if is_installed_inside else (4, 0.004)) == (sum(counts), round(total_s, 6))


def test_counts_of_the_garbage_collector_are_detail(collected: CollectedMetrics) -> None:
    """Collections are told apart by generation where detail is asked for, and gone when closed."""
    running = runtime.install(collected.meter, detail=True)
    counted = collected.points()["cpython.gc.collections"]
    running.close()

    assert [0, 1, 2] == [attributes["cpython.gc.generation"] for attributes, _ in counted]
    assert {} == collected.points()
