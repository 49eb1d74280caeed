"""Pauses of the garbage collector are counted one by one."""

import gc

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


def test_counts_of_the_garbage_collector_are_detail(collected: CollectedMetrics) -> None:
    """Collections are told apart by generation where detail is asked for, and gone when closed."""
    running = runtime.install(collected.meter, detail=True)
    counted = collected.points()["cpython.gc.collections"]
    running.close()

    assert [0, 1, 2] == [attributes["cpython.gc.generation"] for attributes, _ in counted]
    assert {} == collected.points()
