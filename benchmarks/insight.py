"""
Measure what findings cost while nothing is wrong, and while something is: CPU time of the same work with insight on and off.

    python benchmarks/insight.py             three kinds of work, interleaved runs, medians and their ratio
    python benchmarks/insight.py --load NAME on|off     one run; not for people

Work: an allocation-heavy loop, traced calls, and queries to SQLite.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

RUNS = 7


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


WORK: dict[str, Callable[[], None]] = {"allocations": allocations, "calls": calls, "queries": queries}


def load(name: str, *, is_on: bool) -> None:
    """Do one kind of work and print the CPU time it took, in seconds."""
    import otel_agent

    otel_agent.init(
        "bench",
        export="none",
        instrument=["sqlalchemy"],
        trace_modules=False,
        config={"insight": {"enabled": is_on}},
    )
    WORK[name]()  # what is loaded once is no running cost
    time.sleep(1.0)
    begin_s = time.process_time()
    WORK[name]()
    time.sleep(0.5)
    sys.stdout.write(f"{time.process_time() - begin_s}\n")
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description="What findings cost.")
    parser.add_argument("--load", nargs=2, metavar=("NAME", "ON"))
    parser.add_argument("--runs", type=int, default=RUNS)
    arguments = parser.parse_args()
    if arguments.load:
        load(arguments.load[0], is_on=arguments.load[1] == "on")
        return
    for name in WORK:
        took: dict[str, list[float]] = {"on": [], "off": []}
        for _ in range(arguments.runs):
            for sign, times in took.items():
                command = [sys.executable, __file__, "--load", name, sign]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                times.append(float(done.stdout))
        off_s, on_s = statistics.median(took["off"]), statistics.median(took["on"])
        sys.stdout.write(f"{name:12} off {off_s:.3f} s, on {on_s:.3f} s: {on_s / off_s - 1:+.1%}\n")


if __name__ == "__main__":
    main()
