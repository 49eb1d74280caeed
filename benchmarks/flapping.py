"""
What ten thousand flapping alert instances cost the agent's own calls, in pairs of windows with and without them.

A window lasts as long as the interval of the rules. In every second one the dice say of each instance whether it fires, so that
about half of them change; the rules are judged on a thread of their own, as in an agent, and messages are made. In the others
nothing happens beside the calls. Forty pairs are ten minutes of flapping.
"""

import argparse
import json
import random
import statistics
import threading
import time
from pathlib import Path

import otel_agent
from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.notify.dispatcher import Dispatcher
from otel_agent.alerts.notify.receivers.log import LogReceiver
from otel_agent.alerts.notify.routing import Route
from otel_agent.alerts.rules.files import read_text
from otel_agent.clock import SYSTEM
from otel_agent.series.store import Store

INSTANCES, RULES, INTERVAL_S = 10_000, 10, 15.0
LIMIT = 1.05


class Flapping:
    """Rules over instances that change at every evaluation, and who is told of it."""

    def __init__(self) -> None:
        rules = "\n".join(f"    - {{alert: A{i}, expr: g{i} > 5, labels: {{severity: warning}}}}" for i in range(RULES))
        self.store = Store(series_limit=4 * INSTANCES)
        self.alerts = AlertEngine(
            read_text(f"groups:\n- name: g\n  interval: 15s\n  rules:\n{rules}").groups, self.store
        )
        self.told = 0
        self.dispatcher = Dispatcher([LogReceiver("log")], [Route(("log",))], send=self._tell)
        self.alerts.on_change(self.dispatcher.offer)
        self._labels = [
            {"__name__": f"g{number % RULES}", "instance": str(number), "job": "agent"} for number in range(INSTANCES)
        ]
        self._random = random.Random(7)

    def step(self) -> None:
        """One interval: new values, judged, told."""
        now_ms = SYSTEM.wall_ns() // 1_000_000
        for labels in self._labels:
            self.store.append(labels, now_ms, self._random.choice((1.0, 7.0)))
        self.alerts.evaluate()
        self.dispatcher.tick()

    def _tell(self, _: object) -> None:
        self.told += 1


def calls_in(window_s: float) -> int:
    """How many traced calls the main thread makes in a window."""

    @otel_agent.traced
    def work() -> None:
        return None

    count, end_s = 0, time.perf_counter() + window_s
    while time.perf_counter() < end_s:
        for _ in range(200):
            work()
        count += 200
    return count


def resident_bytes() -> int:
    """Memory of this process that is in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--window-s", type=float, default=INTERVAL_S)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    otel_agent.init("bench", export="none")
    flapping = Flapping()
    for _ in range(4):
        flapping.step()
    ratios, costs_s, memory = [], [], []
    for _ in range(arguments.pairs):
        alone = calls_in(arguments.window_s)
        judging = threading.Thread(target=lambda: costs_s.append(_thread_cpu_s(flapping.step)))
        judging.start()
        beside = calls_in(arguments.window_s)
        judging.join()
        ratios.append(alone / beside)
        memory.append(resident_bytes())
    quarter = max(1, len(memory) // 4)
    results = {
        "instances": INSTANCES,
        "intervals": arguments.pairs,
        "call_beside_flapping_over_alone": round(statistics.median(ratios), 4),
        "quartiles": [round(each, 4) for each in statistics.quantiles(ratios, n=4)[::2]] if len(ratios) > 1 else [],
        "cpu_s_per_interval": round(statistics.median(costs_s), 3),
        "messages": flapping.told,
        "memory_last_quarter_over_second": round(
            statistics.mean(memory[-quarter:]) / statistics.mean(memory[quarter : 2 * quarter] or memory), 3
        ),
    }
    print(json.dumps(results) if arguments.json else "\n".join(f"{key}: {value}" for key, value in results.items()))
    return 0 if results["call_beside_flapping_over_alone"] <= LIMIT else 1


def _thread_cpu_s(function) -> float:
    begun = time.thread_time()
    function()
    return time.thread_time() - begun


if __name__ == "__main__":
    raise SystemExit(main())
