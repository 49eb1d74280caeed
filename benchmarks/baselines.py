"""
How often do baselines cry wolf, and what do they find? Measured on this machine and on noise recorded earlier.

    python benchmarks/baselines.py              judge the noise of benchmarks/baseline_noise.json again and again, 3 s
    python benchmarks/baselines.py --record 80  record that noise anew: as many real runs of five functions, each a process

The five functions differ in what disturbs them: arithmetic, allocation, memory, text, and the system. Run medians are recorded in the
order in which they came, so that drift of the machine is in them.

* A/A, in order: ten runs against the ten that came next, at every place of the record. No run is drawn or shuffled.
* A/A, drawn: ten against ten, drawn at random, 400 times.
* Power: the same, with the later ten multiplied by 1.1 and by 1.2, for each function; a function whose runs deviate as much as a change
  would move them cannot be judged with ten, and its line says so.

A comparison of one function at a time, and "slower" where none is, is a false alarm.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from otel_agent.insight.baselines.verdicts import compare
from otel_agent.telemetry.assembly.baselines import read_notes

NOISE = Path(__file__).with_name("baseline_noise.json")
SIZE = 10
COMPARISONS = 400
STEADY = 0.05
"""Run medians that deviate by less than this can be judged with ten runs."""

PROGRAM = """
import json, os
import otel_agent

otel_agent.init("baselines", export="none", instrument=False, trace_modules=False, spool=False)
table = {number: str(number) for number in range(200_000)}

@otel_agent.timed("arithmetic")
def arithmetic():
    return sum(number * number for number in range(1500))

@otel_agent.timed("allocation")
def allocation():
    return [{"price": number} for number in range(800)]

@otel_agent.timed("memory")
def memory():
    return [table[number * 7919 % 200_000] for number in range(1500)]

@otel_agent.timed("text")
def text():
    return json.loads(json.dumps({"orders": [{"id": number, "side": "buy"} for number in range(60)]}))

@otel_agent.timed("system")
def system():
    return [os.stat("/") for _ in range(60)]

for _ in range(400):
    arithmetic(), allocation(), memory(), text(), system()
"""


def record(runs: int) -> dict[str, list[float]]:
    """Run medians of real runs, in order, in seconds."""
    found: dict[str, list[float]] = {}
    for number in range(runs):
        with tempfile.TemporaryDirectory() as notes:
            subprocess.run(
                [sys.executable, "-c", PROGRAM], env={**os.environ, "OTEL_AGENT_BASELINE_NOTES": notes}, check=True
            )
            run = read_notes(Path(notes))
        for name, function in run.functions.items():
            found.setdefault(name, []).append(float(f"{function.median_s:.6g}"))
        print(f"\r{number + 1} of {runs}", end="", file=sys.stderr)
    return found


def in_order(noise: dict[str, list[float]], size: int = SIZE) -> tuple[int, int]:
    """False alarms and comparisons of neighbouring sets of runs."""
    verdicts = [
        compare({name: values[at : at + size]}, {name: values[at + size : at + 2 * size]})[0].verdict
        for name, values in noise.items()
        for at in range(len(values) - 2 * size + 1)
    ]
    return verdicts.count("slower"), len(verdicts)


def drawn(noise: dict[str, list[float]], factor: float, *, seed: int = 11, comparisons: int = COMPARISONS) -> float:
    """Share of "slower" among comparisons of drawn runs, the later ones multiplied by a factor."""
    chance, names, slower = random.Random(seed), sorted(noise), 0
    for number in range(comparisons):
        name = names[number % len(names)]
        runs = chance.sample(noise[name], 2 * SIZE)
        later = [each * factor for each in runs[SIZE:]]
        slower += compare({name: runs[:SIZE]}, {name: later})[0].verdict == "slower"
    return slower / comparisons


def spread(values: list[float]) -> float:
    """Median absolute deviation of run medians, as a share of their median."""
    middle = median(values)
    return median(abs(each - middle) for each in values) / middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=int, metavar="RUNS", help="record the noise anew")
    arguments = parser.parse_args()
    if arguments.record:
        NOISE.write_text(json.dumps(record(arguments.record)) + "\n")
    noise = json.loads(NOISE.read_text())
    false, all_of_them = in_order(noise)
    print(f"A/A, in order   slower {false} of {all_of_them} ({false / all_of_them:.1%})")
    print(f"A/A, drawn      slower {drawn(noise, 1.0):.1%} of {COMPARISONS}")
    steady = {name: values for name, values in noise.items() if spread(values) < STEADY}
    for what, chosen in {**{name: {name: noise[name]} for name in noise}, f"all below {STEADY:.0%}": steady}.items():
        shares = ", ".join(f"{factor - 1:+.0%} {drawn(chosen, factor):.1%}" for factor in (1.1, 1.2))
        deviation = f"{max(spread(values) for values in chosen.values()):.1%}"
        print(f"{what:<15} deviation {deviation:>5}, slower {shares}")


if __name__ == "__main__":
    main()
