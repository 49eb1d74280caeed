"""Spans are counted before sampling, errors wake the rules, and nothing of it is felt."""

import json
import re
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alert_settings import alert_settings
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode
from waiting import until

from otel_agent import guard
from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.loading import load_rules
from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.promql.parsing import parse
from otel_agent.alerts.states import Transition
from otel_agent.clock import ManualClock
from otel_agent.processors.spans import KEYS_LIMIT, OTHERS, WANTED_LIMIT, SpanStatistics
from otel_agent.series.labels import OVERFLOW
from otel_agent.series.store import Store
from otel_agent.series.wanted import WantedNames, WantedTexts


class RiskLimitError(Exception):
    """An error of the agent's."""


class Agent:
    """A tracer whose spans are counted."""

    def __init__(self, **settings: Any) -> None:
        self.clock = ManualClock()
        self.store = Store()
        self.statistics = SpanStatistics(self.store, {"job": "j"}, clock=self.clock, **settings)
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(self.statistics)
        self.tracer = provider.get_tracer("test")

    def fail(self, name: str = "decide") -> str:
        """A span with an exception; its trace."""
        with pytest.raises(RiskLimitError), self.tracer.start_as_current_span(name) as span:
            trace_id = f"{span.get_span_context().trace_id:032x}"
            raise RiskLimitError("too much")
        return trace_id

    def values(self, text: str, after_s: float = 1) -> dict[str, float]:
        """The value of an expression after writing."""
        self.clock.advance(after_s)
        at_ms = self.clock.wall_ns() // 1_000_000
        self.statistics.write(at_ms)
        return {repr(labels): value for labels, value in evaluate(parse(text), Context(self.store, at_ms))}  # type: ignore[misc]


def test_spans_are_counted_as_the_collector_counts_them() -> None:
    """Calls, durations and outcomes have the names and labels of the spanmetrics connector."""
    agent = Agent()
    for _ in range(3):
        agent.tracer.start_span("place", kind=SpanKind.CLIENT, start_time=1_000_000_000).end(1_030_000_000)
    agent.tracer.start_span("place", kind=SpanKind.CLIENT).end()
    with agent.tracer.start_as_current_span("place") as span:
        span.set_status(Status(StatusCode.ERROR))

    assert {
        'traces_span_metrics_calls_total{job="j", span_kind="SPAN_KIND_CLIENT", span_name="place", status_code="STATUS_CODE_UNSET"}': 4.0,
        'traces_span_metrics_calls_total{job="j", span_kind="SPAN_KIND_INTERNAL", span_name="place", status_code="STATUS_CODE_ERROR"}': 1.0,
    } == agent.values("traces_span_metrics_calls_total")
    assert [3.0] == [
        upper - lower
        for upper, lower in zip(
            agent.values(
                'traces_span_metrics_duration_seconds_bucket{le="0.05", span_kind="SPAN_KIND_CLIENT"}'
            ).values(),
            agent.values(
                'traces_span_metrics_duration_seconds_bucket{le="0.01", span_kind="SPAN_KIND_CLIENT"}'
            ).values(),
            strict=True,
        )
    ]


def test_the_first_exception_is_an_increase() -> None:
    """A type that was never seen before has an increase at its first occurrence, and its trace is known."""
    agent = Agent()
    agent.values("vector(1)")
    trace_id = agent.fail()
    found = agent.values('increase(traces_span_metrics_exceptions_total{exception_type="RiskLimitError"}[1m]) > 0')
    alert = SimpleNamespace(labels=next(iter(evaluate(parse("traces_span_metrics_exceptions_total"), Context(agent.store, agent.clock.wall_ns() // 1_000_000))))[0])  # fmt: skip

    assert 1 == len(found)
    assert (trace_id,) == agent.statistics.trace_ids(alert)


def test_an_exception_that_was_only_named_counts_too() -> None:
    """A span whose status is an error with `error.type` and no event is an exception of that type, without its module."""
    agent = Agent()
    with agent.tracer.start_as_current_span("s") as span:
        span.set_attribute("error.type", "risk.limits.RiskLimitError")
        span.set_status(Status(StatusCode.ERROR))

    assert 'exception_type="RiskLimitError"' in next(iter(agent.values("traces_span_metrics_exceptions_total")))


def test_only_errors_wake() -> None:
    """A good span does not wake the rules; an error does, once for a batch."""
    woken: list[int] = []
    agent = Agent(wake=lambda: woken.append(1))
    agent.tracer.start_span("good").end()
    before = len(woken)
    agent.fail()

    assert (0, 1) == (before, len(woken))


def test_broken_spans_and_a_broken_waker_are_not_felt() -> None:
    """Whatever comes, observing raises nothing; failures are counted."""

    def broken() -> None:
        raise RuntimeError("foreign")

    agent = Agent(wake=broken)
    before = guard.shared.counts().get("alerts.spans", 0)
    agent.statistics.observe([object()])
    agent.fail()

    assert before + 2 == guard.shared.counts()["alerts.spans"]


def test_names_without_bound_are_counted_together() -> None:
    """Over the bound of names the rest is one, and none is lost."""
    agent = Agent()
    for number in range(KEYS_LIMIT + 500):
        agent.tracer.start_span(f"s{number}").end()
    total = agent.values("sum(traces_span_metrics_calls_total)")
    rest = agent.values(f'traces_span_metrics_calls_total{{span_name="{OVERFLOW}"}}')

    assert [float(KEYS_LIMIT + 500)] == [*total.values()]
    assert [500.0] == [*rest.values()]


def test_counts_are_exact_over_threads() -> None:
    """Eight threads that end spans at once are counted to the last."""
    agent = Agent()

    def work() -> None:
        for _ in range(2_000):
            agent.tracer.start_span("s").end()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [16_000.0] == list(agent.values("traces_span_metrics_calls_total").values())


def test_an_exception_fires_with_its_trace_without_waiting_for_the_next_evaluation() -> None:
    """From the raise to the alert, with real threads and clocks, no collection in between: the error itself wakes the rule."""
    store = Store()
    statistics = SpanStatistics(store)
    entry = {"exception": {"name": "Breach", "type": "RiskLimitError", "severity": "critical"}}
    rules = load_rules(alert_settings(rules=[entry]))
    hourly = [replace(group, interval_s=3600.0) for group in rules.groups]
    alerts = AlertEngine(hourly, store, refresh=statistics.write, trace_ids=statistics.trace_ids, budget_s=30.0)
    heard: list[Transition] = []
    alerts.on_change(heard.append)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(statistics)
    agent = Agent()
    agent.tracer = provider.get_tracer("test")
    statistics.wake_by(alerts.wake)
    alerts.start()
    trace_id = agent.fail()
    until(lambda: heard)
    alerts.close()

    assert [(trace_id,)] == [transition.alert.trace_ids for transition in heard]


AGENT = """
import json, os, sys, threading
from opentelemetry import trace
import otel_agent

rules = [{"exception": {"name": "Breach", "type": "ValueError"}}]
settings = {"alerts": {"rules": rules}, "export": {"endpoint": "http://127.0.0.1:9"}, "spool": {"directory": sys.argv[1]}}
telemetry = otel_agent.init("agent", config=settings)
heard, is_heard = [], threading.Event()
telemetry.alerts.on_change(lambda change: (heard.append(change), is_heard.set()))
try:
    with trace.get_tracer("agent").start_as_current_span("decide") as span:
        raise ValueError("too much")
except ValueError:
    trace_id = f"{span.get_span_context().trace_id:032x}"
is_heard.wait(60)
print(json.dumps([(change.alert.rule_name, change.after.value, change.alert.trace_ids == (trace_id,)) for change in heard]))
sys.stdout.flush()
os._exit(0)
"""


def test_an_exception_in_an_agent_that_was_only_initialized_fires_with_its_trace(tmp_path: Path) -> None:
    """`init` with a rule is enough: spans are counted, the error wakes the rule, and the alert carries the trace."""
    run = subprocess.run(
        [sys.executable, "-c", AGENT, str(tmp_path)], capture_output=True, text=True, timeout=100, check=True
    )

    assert [["Breach", "firing", True]] == json.loads(run.stdout)


def test_what_rules_name_is_counted_however_many_names_there_are() -> None:
    """A span that is written out, one that a pattern accepts, and an exception; the limit is said once."""
    agent = Agent()
    names = WantedTexts(frozenset({"pay"}), (re.compile("order-.*"),))
    agent.statistics.want(WantedNames(names, WantedTexts(frozenset({"KeyError"}))))
    before = guard.shared.counts().get("alerts.spans", 0)
    for number in range(2 * KEYS_LIMIT):
        agent.fail(f"cart {number}")
    for name in ("pay", "order-1", "other"):
        agent.fail(name)
    with pytest.raises(KeyError), agent.tracer.start_as_current_span("lost"):
        raise KeyError("price")
    calls = agent.values('traces_span_metrics_calls_total{span_name=~"pay|order-1|other"}')
    exceptions = agent.values('traces_span_metrics_exceptions_total{exception_type="KeyError"}')

    assert ["order-1", "pay"] == sorted(name.partition('span_name="')[2].partition('"')[0] for name in calls)
    assert 1 == len(exceptions)
    assert 'span_name="lost"' in next(iter(exceptions))
    assert 1 == guard.shared.counts()["alerts.spans"] - before


def test_an_exception_that_is_everywhere_is_counted_all_the_same() -> None:
    """Where its spans cannot be told apart any more, they are others; none is missing."""
    agent = Agent()
    agent.statistics.want(WantedNames(types=WantedTexts(frozenset({"RiskLimitError"}))))
    for number in range(KEYS_LIMIT + WANTED_LIMIT + 50):
        agent.fail(f"cart {number}")
    chosen = 'traces_span_metrics_exceptions_total{exception_type="RiskLimitError"}'
    total, others = agent.values(f"sum({chosen})"), agent.values(chosen.replace("{", f'{{span_name="{OTHERS}",'))

    assert ([float(KEYS_LIMIT + WANTED_LIMIT + 50)], [50.0]) == ([*total.values()], [*others.values()])


def test_the_last_look_counts_once() -> None:
    """What the delivery thread brings after it has been seen already."""
    agent = Agent()
    span = SimpleNamespace(extra=None, name="last", kind=SpanKind.INTERNAL, start_time=1, end_time=2)
    agent.statistics.observe_last([span])
    agent.statistics.observe([span])

    assert [1.0] == [*agent.values("sum(traces_span_metrics_calls_total)").values()]
