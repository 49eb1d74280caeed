"""A shutdown: one deadline for everything, whatever fails or hangs."""

import logging
import threading
from typing import Any

import pytest

from otel_agent import guard
from otel_agent.clock import monotonic_s
from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.lifecycle import Lifecycle


def test_a_hanging_hook_costs_its_deadline_and_no_more(told: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The components are closed all the same, and a line says what was left behind."""
    forever = threading.Event()
    life = Lifecycle([told.component("a")], shutdown_timeout_s=10)
    life.on_stop(forever.wait, timeout_s=0.1)
    life.start()
    began_s = monotonic_s()

    assert not life.close()
    assert monotonic_s() - began_s < 5
    assert ["start a", "close a"] == told.events
    forever.set()


def test_a_hanging_component_does_not_keep_the_last_one_from_saving_its_data(told: Any) -> None:
    """Part of the time is reserved for what is closed last, and the whole stays within the deadline."""
    forever = threading.Event()
    left_s: list[float] = []
    life = Lifecycle(
        [Component("delivery", close=left_s.append), Component("alerts", close=lambda timeout_s: forever.wait())],
        shutdown_timeout_s=0.4,
    )
    life.start()
    began_s = monotonic_s()

    assert not life.close()
    assert monotonic_s() - began_s < 3
    assert 1 == len(left_s)
    assert 0 < left_s[0] <= 0.1
    forever.set()


def test_the_reserve_is_kept_for_who_saves_data() -> None:
    """It need not be the last."""
    forever, saved = threading.Event(), threading.Event()
    left_s: list[float] = []

    def save(timeout_s: float) -> None:
        left_s.append(timeout_s)
        saved.wait(0.2)  # a disk
        saved.set()

    life = Lifecycle(
        [
            Component("probes", close=lambda timeout_s: None),
            Component("delivery", close=save, saves_data=True),
            Component("metrics", close=lambda timeout_s: forever.wait()),
            Component("alerts", close=lambda timeout_s: forever.wait()),
        ],
        shutdown_timeout_s=0.4,
    )
    life.start()

    assert not life.close()
    assert saved.is_set()
    assert 1 == len(left_s)
    forever.set()


def test_a_component_has_no_more_than_its_own_bound() -> None:
    """`at_most_s` holds also when more is left."""
    allowed_s: list[float] = []
    life = Lifecycle([Component("a", close=allowed_s.append, at_most_s=0.5)], shutdown_timeout_s=9)
    life.start()
    life.close()

    assert [0.5] == allowed_s


def test_the_remaining_time_shrinks() -> None:
    """One deadline for all: what the first one used, the next one lacks."""
    allowed_s: list[float] = []
    pause = threading.Event()

    def slow(timeout_s: float) -> None:
        allowed_s.append(timeout_s)
        pause.wait(0.2)

    life = Lifecycle([Component("b", close=allowed_s.append), Component("a", close=slow)], shutdown_timeout_s=5)
    life.start()
    life.close()

    assert allowed_s[1] <= allowed_s[0] - 0.2 + life.shutdown_timeout_s / 20
    assert allowed_s[0] < 5


def test_a_component_that_fails_to_close_stops_nobody(told: Any) -> None:
    """The others are closed, and the failure is counted."""

    def broken(timeout_s: float) -> None:
        raise OSError("disk gone")

    before = guard.shared.counts().get("lifecycle.end", 0)
    life = Lifecycle([told.component("a"), Component("b", close=broken), told.component("c")])
    life.start()

    assert not life.close()
    assert ["start a", "start c", "close c", "close a"] == told.events
    assert before + 1 == guard.shared.counts()["lifecycle.end"]


def test_hurry_ends_a_slow_end(told: Any) -> None:
    """With no more time everything is told to save what it has, and the last still closes."""
    forever, begun = threading.Event(), threading.Event()

    def slow(timeout_s: float) -> None:
        begun.set()
        forever.wait()

    life = Lifecycle(
        [told.component("delivery"), Component("slow", close=slow, hurry=told.say("hurry"))], shutdown_timeout_s=60
    )
    life.start()
    ending = threading.Thread(target=life.close)
    ending.start()
    begun.wait(10)
    life.hurry()
    life.hurry()
    ending.join(10)

    assert not ending.is_alive()
    assert ["start delivery", "hurry", "close delivery"] == told.events
    forever.set()


def test_a_component_that_is_slow_is_no_news_for_standard_error(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine is said to whoever asks for it; what failed is said to everybody."""
    monkeypatch.setattr(guard, "shared", guard.Guard(logging.getLogger("otel_agent")))
    caplog.set_level(logging.INFO, "otel_agent")
    forever = threading.Event()

    def fail(_: float) -> None:
        raise OSError("no disk")

    life = Lifecycle(
        [
            Component("delivery", close=lambda _: None),
            Component("alerts", close=fail),
            Component("metrics", close=lambda _: forever.wait(), at_most_s=0.05),
        ],
        shutdown_timeout_s=2,
    )
    life.start()

    assert not life.close()
    levels = {record.levelname: record.getMessage() for record in caplog.records}
    assert "metrics did not close" in levels["INFO"]
    assert "alerts failed to close (OSError: no disk)" in levels["WARNING"]
    forever.set()
