"""From changes to messages: each incident is told once, to the right ones, and nobody is flooded."""

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.notify.dispatcher import Dispatcher
from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.notify.receivers.function import FunctionReceiver
from otel_agent.alerts.notify.receivers.log import LogReceiver
from otel_agent.alerts.notify.receivers.webhook import WebhookReceiver
from otel_agent.alerts.notify.routing import Inhibition, Route
from otel_agent.alerts.rules.files import read_text
from otel_agent.alerts.states import Alert, AlertState, Transition
from otel_agent.clock import ManualClock
from otel_agent.errors import RuleError
from otel_agent.series.store import Store

RULES = """
groups:
  - name: g
    interval: 15s
    rules:
      - {alert: High, expr: x > 5, labels: {severity: warning}}
      - {alert: VeryHigh, expr: x > 9, labels: {severity: critical}}
"""


class World:
    """Rules, a store, a clock and what receivers were told."""

    def __init__(
        self,
        *routes: Route,
        inhibit: tuple[Inhibition, ...] = (),
        names: tuple[str, ...] = ("log",),
        state_file: Path | None = None,
    ) -> None:
        self.clock, self.store = ManualClock(), Store()
        self.told: list[Notification] = []
        self.alerts = AlertEngine(read_text(RULES).groups, self.store, clock=self.clock, state_file=state_file)
        self.dispatcher = Dispatcher(
            [LogReceiver(name) for name in names],
            routes,
            inhibit,
            is_acknowledged=lambda alert: self.alerts.acknowledgement(alert) is not None,
            clock=self.clock,
            send=self.told.append,
        )
        self.alerts.on_change(self.dispatcher.offer)

    def step(self, seconds: float = 15, **values: float) -> list[str]:
        """Time passes, hosts have values, rules are judged; what was told is returned in short."""
        self.clock.advance(seconds)
        for host, value in values.items():
            self.store.append({"__name__": "x", "host": host}, self.clock.wall_ns() // 1_000_000, value)
        self.alerts.evaluate()
        before = len(self.told)
        self.dispatcher.tick()
        return [f"{one.receiver}: {one.title} {one.reason}" for one in self.told[before:]]


ONE_EACH = Route(("log",), group_by=("...",))


def test_an_incident_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    """Over a hundred incidents there are exactly a hundred messages that one fires, and a hundred that it ended."""
    world = World(Route(("log",), group_by=("alertname", "host"), group_interval_s=60))
    for _ in range(100):
        for value in (7.0, 7.0, 7.0, 7.0, 7.0, 1.0, *[1.0] * 30):
            world.step(a=value)
    kinds = [one.is_firing for one in world.told]

    assert [True, False] * 100 == kinds


def test_alerts_of_a_group_come_in_one_message_and_changes_wait() -> None:
    """What fires together is told together; what joins within the interval is told at its end."""
    world = World(Route(("log",), group_interval_s=300))

    assert ["log: [FIRING:2] High change"] == world.step(a=7, b=7)
    assert [] == world.step(a=7, b=7, c=7)
    assert ["log: [FIRING:3] High change"] == world.step(300, a=7, b=7, c=7)


def test_what_still_fires_is_told_again_after_the_repeat() -> None:
    """Nothing changes, and after the repeat interval the group is told once more."""
    world = World(Route(("log",), repeat_s=3600))
    world.step(a=7)
    told = [said for _ in range(250) for said in world.step(a=7)]

    assert ["log: [FIRING:1] High repeat"] == told


def test_an_acknowledged_alert_is_not_repeated_and_the_next_one_is_news() -> None:
    """Whoever takes care hears nothing until the end; afterwards the alert is armed again."""
    world = World(Route(("log",), repeat_s=60, group_interval_s=15))
    world.step(a=7)
    covered = world.alerts.acknowledge("High", by="ana", comment="looking")
    quiet = [said for _ in range(20) for said in world.step(a=7)]
    ended, again = world.step(a=1), world.step(a=7)

    assert (1, []) == (covered, quiet)
    assert ["log: [RESOLVED:1] High change"] == ended
    assert ["log: [FIRING:1] High change"] == again


def test_an_acknowledgement_ends_when_it_said_it_would() -> None:
    """After its time the alert is repeated."""
    world = World(Route(("log",), repeat_s=60))
    world.step(a=7)
    world.alerts.acknowledge("High", by="ana", until_s=world.clock.wall_ns() / 1e9 + 200)
    told = [i for i in range(30) if world.step(a=7)]

    assert 200 / 15 - 1 <= told[0] <= 200 / 15 + 4


def test_a_higher_severity_mutes_the_lower_where_it_says_so() -> None:
    """While the critical alert of a host fires, its warning is not told; another host's is."""
    inhibition = Inhibition({"severity": "critical"}, {"severity": "warning"}, ("host",))
    world = World(ONE_EACH, inhibit=(inhibition,))
    told = world.step(a=10, b=7)

    assert ["High b", "VeryHigh a"] == sorted(
        f"{n.alerts[0].rule_name} {n.alerts[0].labels.get('host')}" for n in world.told
    )
    assert 2 == len(told)


def test_routes_are_asked_in_order() -> None:
    """The first route that matches takes the alert, unless it says to go on; patterns match whole values."""
    world = World(
        Route(("desk",), {"severity": "critical"}, is_continued=True),
        Route(("am",), {"severity": "~crit.*"}),
        Route(("log",)),
        names=("desk", "am", "log"),
    )
    told = world.step(a=10)

    assert [
        "am: [FIRING:1] VeryHigh change",
        "desk: [FIRING:1] VeryHigh change",
        "log: [FIRING:1] High change",
    ] == sorted(told)


def test_a_route_to_nobody_is_a_mistake() -> None:
    """A receiver that does not exist is named with those that do."""
    with pytest.raises(RuleError, match="leads to 'desk', which is no receiver; known: log"):
        World(Route(("desk",)))


def test_a_restart_tells_the_end_and_not_the_beginning_again(tmp_path: Path) -> None:
    """An alert that fired before the restart is not told anew while it goes on, and is told when it ends."""
    first = World(state_file=tmp_path / "alerts.json")
    first.step(a=7)
    first.alerts.close()
    second = World(state_file=tmp_path / "alerts.json")
    second.dispatcher.restore(second.alerts.active())
    during = [said for _ in range(40) for said in second.step(a=7)]

    assert [] == during
    assert ["log: [RESOLVED:1] High change"] == second.step(a=1)


def test_flapping_is_told_once_and_then_held() -> None:
    """An alert that changes at every evaluation for an hour is told a few times, one of them says that it flaps."""
    world = World(Route(("log",), group_interval_s=15))
    for i in range(240):
        world.step(a=7 if i % 2 else 1)
    reasons = [one.reason for one in world.told]
    for _ in range(40):
        world.step(a=1)

    assert 1 == reasons.count("flapping")
    assert len(reasons) <= 8
    assert not world.told[-1].is_firing


def test_thousands_of_flapping_instances_are_bounded() -> None:
    """Two thousand instances that flap for ten minutes give at most one message for each group and interval."""
    world = World(Route(("log",), group_interval_s=60))
    generator = random.Random(5)
    for _ in range(40):
        world.step(**{f"h{i}": generator.choice((1.0, 7.0)) for i in range(2000)})
    groups = 2

    assert len(world.told) <= groups * (1 + 600 / 60)
    assert len(world.store) <= 2000 + 2 * 1000


def test_messages_arrive_through_real_threads(sink: Any, make_alert: Callable[..., Alert]) -> None:
    """Offered, grouped, queued and posted: one change is one request; closing sends what waits."""
    receivers = [WebhookReceiver("desk", sink.url, allow_private=True)]
    dispatcher = Dispatcher(receivers, [Route(("desk",))])
    dispatcher.start()
    dispatcher.offer(Transition(make_alert(), AlertState.INACTIVE, AlertState.FIRING, 2_000))
    is_sent = until(lambda: sink.requests)
    dispatcher.offer(Transition(make_alert("critical"), AlertState.INACTIVE, AlertState.FIRING, 2_000))
    dispatcher.close(10)
    dispatcher.close(10)

    assert is_sent
    assert {"queued": 0, "sent": len(sink.requests), "failed": 0, "dropped": 0} == dispatcher.status()["receivers"][
        "desk"
    ]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("otel-agent-notify")]


def test_what_waits_for_more_is_told_at_the_end(make_alert: Callable[..., Alert]) -> None:
    """There is no more to wait for."""
    sent: list[Notification] = []
    dispatcher = Dispatcher([LogReceiver()], [Route(("log",), group_wait_s=30.0)], send=sent.append)
    alert = make_alert()
    dispatcher.offer(Transition(alert, AlertState.INACTIVE, AlertState.FIRING, 1))
    waiting = dispatcher.tick()
    dispatcher.close(1.0)

    assert ([], ["[FIRING:1] High"]) == (waiting, [one.title for one in sent])


def test_a_receiver_may_be_added(make_alert: Callable[..., Alert]) -> None:
    """It is told of every alert beside whom the routes name, takes the place of its like, and never of a receiver of the settings."""
    told: list[str] = []
    dispatcher = Dispatcher([LogReceiver()], [Route(("log",), {"severity": "critical"})])
    dispatcher.add(FunctionReceiver("page", lambda _: told.append("former")))
    dispatcher.add(FunctionReceiver("page", lambda note: told.append(note.title)))
    dispatcher.offer(Transition(make_alert(), AlertState.INACTIVE, AlertState.FIRING, 1))
    dispatcher.close(10.0)

    assert ["[FIRING:1] High"] == told
    with pytest.raises(RuleError, match="there is a notifier 'log' already"):
        dispatcher.add(FunctionReceiver("log", print))
