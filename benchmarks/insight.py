"""
Measure what findings cost while nothing is wrong, and while something is: CPU time of the same work with insight on and off.

    python benchmarks/insight.py             three kinds of work, interleaved runs, medians and their ratio
    python benchmarks/insight.py --memory    memory of 5,000 functions and 5,000 queries, on and off
    python benchmarks/insight.py --load NAME on|off     one run; not for people

Memory is that of the whole process, so both ways have the spans, durations and statements that are kept anyway. Work: an allocation-heavy loop, traced calls, and queries to SQLite.
"""

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RUNS = 7
MANY = 5000


def allocations() -> None:
    """Objects made and thrown away, with collections on."""
    for _ in range(300):
        _ = [{"number": number, "text": str(number)} for number in range(2000)]


def calls() -> None:
    """Two hundred thousand traced calls below one span, and some that take their time."""
    import otel_agent

    @otel_agent.traced
    def quick(value: int) -> int:
        return value + 1

    @otel_agent.traced
    def slow(value: int) -> int:
        return sum(number % 7 for number in range(1500)) + value

    with otel_agent.span("work"):
        for number in range(200_000):
            quick(number)
            if number % 50 == 0:
                slow(number)


def queries() -> None:
    """Ten thousand queries below one span each hundred."""
    from sqlalchemy import create_engine, text

    import otel_agent

    engine = create_engine(f"sqlite:///{tempfile.mkdtemp()}/desk.sqlite")
    with engine.connect() as connection:
        for _ in range(100):
            with otel_agent.span("work"):
                for _ in range(100):
                    connection.execute(text("select 1")).scalar()


def many() -> None:
    """Five thousand functions, each called for its own arguments, and five thousand different queries."""
    from sqlalchemy import create_engine, text

    import otel_agent

    space: dict[str, Any] = {"traced": otel_agent.traced}
    lines = (
        f"@traced\ndef f{number}(value):\n    return sum(n % 7 for n in range(600)) + value\n" for number in range(MANY)
    )
    exec("".join(lines), space)
    engine = create_engine(f"sqlite:///{tempfile.mkdtemp()}/desk.sqlite")
    for turn in range(12):
        with engine.connect() as connection, otel_agent.span("work"):
            for number in range(MANY):
                space[f"f{number}"](turn * number)
                if turn < 2:
                    connection.execute(text(f"select {number} as c{number}")).scalar()


def memory(*, is_on: bool) -> None:
    """Do what makes five thousand functions and queries known, and print the memory in use afterwards, in bytes."""
    start(is_on=is_on)
    many()
    time.sleep(2.0)
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    sys.stdout.write(f"{resident}\n")
    sys.stdout.flush()
    os._exit(0)


def start(*, is_on: bool) -> None:
    """Start an agent that keeps everything to itself."""
    import otel_agent

    otel_agent.init(
        "bench",
        export="none",
        instrument=["sqlalchemy"],
        trace_modules=False,
        config={"insight": {"enabled": is_on}},
    )


WORK: dict[str, Callable[[], None]] = {"allocations": allocations, "calls": calls, "queries": queries}


def load(name: str, *, is_on: bool) -> None:
    """Do one kind of work and print the CPU time it took, in seconds."""
    start(is_on=is_on)
    WORK[name]()  # what is loaded once is no running cost
    time.sleep(1.0)
    begin_s = time.process_time()
    WORK[name]()
    time.sleep(0.5)
    sys.stdout.write(f"{time.process_time() - begin_s}\n")
    sys.stdout.flush()
    os._exit(0)


def medians(name: str, runs: int) -> tuple[float, float]:
    """What was printed by interleaved runs without and with insight, in the middle."""
    printed: dict[str, list[float]] = {"off": [], "on": []}
    for _ in range(runs):
        for sign, figures in printed.items():
            command = [sys.executable, __file__, "--load", name, sign]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            figures.append(float(done.stdout))
    return statistics.median(printed["off"]), statistics.median(printed["on"])


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description="What findings cost.")
    parser.add_argument("--load", nargs=2, metavar=("NAME", "ON"))
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--runs", type=int, default=RUNS)
    arguments = parser.parse_args()
    if arguments.load:
        name, sign = arguments.load
        memory(is_on=sign == "on") if name == "memory" else load(name, is_on=sign == "on")
        return
    if arguments.memory:
        off, on = (each / 2**20 for each in medians("memory", arguments.runs))
        sys.stdout.write(f"{MANY} functions, {MANY} queries: off {off:.1f} MiB, on {on:.1f} MiB: {on - off:+.1f} MiB\n")
        return
    for name in WORK:
        off_s, on_s = medians(name, arguments.runs)
        sys.stdout.write(f"{name:12} off {off_s:.3f} s, on {on_s:.3f} s: {on_s / off_s - 1:+.1%}\n")


if __name__ == "__main__":
    main()
