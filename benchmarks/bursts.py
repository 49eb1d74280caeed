"""
What an agent's own calls cost while fifty thousand of them come in two seconds and the receiver takes half a second a request.

    python benchmarks/bursts.py [--smoke] [--rounds 3]      prints {receiver: {"alone_us", "burst_us", "ratio", "lost"}}

A call is an empty traced function, timed by the wall clock; what counts is the 99th percentile of all calls, because the threads
that encode and send take the interpreter from some of them. "alone" are calls before that, five hundred at a time, each time
delivered before the next, so that nearly none of them meets those threads. The median of the rounds counts. `lost` is what has
not arrived when all is delivered, and what is counted as dropped.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "servers"), str(ROOT)]

from agent_process import environment  # noqa: E402 - it stands with the tests, which are told above
from otlp_server import OtlpServer  # noqa: E402 - likewise

CALLS = 50_000
RECEIVERS = {"well": "ok", "half a second a request": "slow:0.5"}

AGENT = """
import json, sys, time
import otel_agent

calls = int(sys.argv[1])
telemetry = otel_agent.init("bench", instrument=False)

@otel_agent.traced
def work():
    pass

made = 0

def took_us(count):
    global made
    made += count
    taken = []
    for _ in range(count):
        start_ns = time.perf_counter_ns()
        work()
        taken.append((time.perf_counter_ns() - start_ns) / 1e3)
    return taken

def p99(taken):
    return sorted(taken)[len(taken) * 99 // 100]

took_us(2000)
telemetry.flush(30)
alone = []
for _ in range(20):
    alone += took_us(500)
    telemetry.flush(60)
    time.sleep(0.02)
burst = []
for _ in range(calls // 500):
    burst += took_us(500)
    time.sleep(0.02)
end_s = time.monotonic() + 120
while not telemetry.flush(30) and time.monotonic() < end_s:
    pass
dropped = sum(sum(each["dropped"].values()) for each in telemetry.status()["delivery"].values())
print(json.dumps({"alone_us": p99(alone), "burst_us": p99(burst), "made": made, "dropped": dropped}))
"""


def measure(mode: str, calls: int) -> dict[str, float]:
    """One round."""
    with tempfile.TemporaryDirectory() as directory, OtlpServer() as server:
        server.mode = mode
        ended = subprocess.run(
            [sys.executable, "-c", AGENT, str(calls)],
            cwd=directory,
            env=environment(Path(directory), OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint),
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        found: dict[str, float] = json.loads(ended.stdout)
        arrived = len({span[:2] for span in server.spans})
        return {**found, "lost": found["made"] - arrived + found["dropped"]}


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[1])
    parser.add_argument("--smoke", action="store_true", help="one small round with the receiver that is well")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    receivers, calls, number = (["well"], 1000, 1) if arguments.smoke else (list(RECEIVERS), CALLS, arguments.rounds)
    for receiver in receivers:
        rounds = [measure(RECEIVERS[receiver], calls) for _ in range(number)]
        results[receiver] = {
            "alone_us": round(median(each["alone_us"] for each in rounds), 2),
            "burst_us": round(median(each["burst_us"] for each in rounds), 2),
            "ratio": round(median(each["burst_us"] / each["alone_us"] for each in rounds), 2),
            "lost": max(each["lost"] for each in rounds),
        }
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
