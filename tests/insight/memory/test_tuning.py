"""`memory.tune` shortens collections and puts everything back."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_process import environment

import otel_agent
from otel_agent.insight.memory.tuning import FEW_FROZEN

MILLION = """
import gc, time
import otel_agent

def full_s():
    begin_s = time.perf_counter()
    gc.collect()
    return time.perf_counter() - begin_s

heap, thresholds = [[] for _ in range(1_000_000)], gc.get_threshold()
slow_s = min(full_s() for _ in range(3))
with otel_agent.memory.tune() as tuned:
    quick_s = min(full_s() for _ in range(5))
    frozen = gc.get_freeze_count()
restored_s = min(full_s() for _ in range(3))
assert quick_s * 100 <= slow_s, (quick_s, slow_s)
assert tuned.after.full_collection_s * 10 <= tuned.before.full_collection_s, tuned
assert frozen >= 1_000_000 and gc.get_freeze_count() < 1000, (frozen, gc.get_freeze_count())
assert gc.get_threshold() == thresholds and restored_s >= slow_s / 5
"""


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    """A test begins with nothing frozen, and leaves what the session has frozen frozen."""
    was_frozen, thresholds = gc.get_freeze_count() > FEW_FROZEN, gc.get_threshold()
    gc.unfreeze()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    if was_frozen:
        gc.freeze()


def test_a_full_collection_over_a_million_objects_is_a_hundred_times_shorter(tmp_path: Path) -> None:
    """And as long as before after the undoing."""
    subprocess.run([sys.executable, "-c", MILLION], env=environment(tmp_path), check=True, timeout=100)


def test_what_was_measured_is_said() -> None:
    """Before and after, in one line."""
    with otel_agent.memory.tune(threshold=50_000) as tuned:
        assert 50_000 == gc.get_threshold()[0]
        assert gc.get_freeze_count() == tuned.after.frozen > 1000

    assert gc.get_threshold() == tuned.before.threshold
    assert "a full collection took" in str(tuned)
    assert "thresholds" in str(tuned)


def test_thresholds_alone_freeze_nothing() -> None:
    """One, two or three of them."""
    tuned = otel_agent.memory.tune(freeze=False, threshold=(9000, 20, 30))

    assert gc.get_freeze_count() <= FEW_FROZEN
    assert (9000, 20, 30) == gc.get_threshold()
    tuned.undo()
    tuned.undo()
    assert tuned.before.threshold == gc.get_threshold()


def test_a_threshold_of_the_agents_own_stays() -> None:
    """What it has set meanwhile is not taken back."""
    tuned = otel_agent.memory.tune(threshold=9000)
    gc.set_threshold(1234, 5, 6)
    tuned.undo()

    assert (1234, 5, 6) == gc.get_threshold()


def test_what_the_agent_has_frozen_stays_frozen() -> None:
    """No call tells its objects from ours."""
    gc.freeze()
    frozen = gc.get_freeze_count()
    otel_agent.memory.tune().undo()

    assert gc.get_freeze_count() >= frozen


@pytest.mark.parametrize("threshold", [-1, (1, 2, 3, 4), (), ("many",)])
def test_thresholds_that_are_none_are_refused(threshold: object) -> None:
    """Before anything is changed."""
    with pytest.raises(ValueError, match="threshold: expected one to three whole numbers"):
        otel_agent.memory.tune(threshold=threshold)  # type: ignore[arg-type]

    assert gc.get_freeze_count() <= FEW_FROZEN
