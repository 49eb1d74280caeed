"""
What a query of SQLAlchemy costs with and without being watched: SQLite in memory, one row by its key.

Each subject runs in a process of its own, and the subjects take turns: ours with our tracer provider and durations kept beside the
SDK, as `init()` sets it up; ours and opentelemetry-instrumentation-sqlalchemy with the SDK's providers; and each provider without
any instrument. Queries run four at a time below a span; what ends up in the queue is thrown away, so encoding and sending are no
part of the figures. The time is CPU time of the calling thread.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import deque
from typing import Any

LIMIT_US = 15.0
"""What a watched query may cost more than a bare one, in microseconds."""

BARE = "bare"
BARE_SDK = "bare, SDK"
SUBJECTS = {
    "ours": BARE,
    "ours, unsampled": "bare, unsampled",
    "ours, SDK": BARE_SDK,
    "contrib, SDK": BARE_SDK,
}
"""What is measured, and what it is compared with."""


class Queue:
    """Takes spans as the delivery engine's queue does."""

    def __init__(self) -> None:
        self.items: deque[Any] = deque()
        self.limit = 1 << 20

    def overflow(self, item: Any) -> None:
        """Nothing is counted here."""


def our_provider(queue: Queue, *, is_sampled: bool) -> Any:
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased

    from otel_agent.recording.provider import TracerProvider

    return TracerProvider(ParentBased(ALWAYS_OFF) if not is_sampled else None, shutdown_on_exit=False, queue=queue)


def sdk_provider(queue: Queue) -> Any:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    class Append(SpanProcessor):
        def on_end(self, span: Any) -> None:
            queue.items.append(span)

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Append())
    return provider


def set_up(subject: str, queue: Queue) -> Any:
    """Instrument, unless bare; gives the provider of the parent spans."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    is_sdk = "SDK" in subject
    provider = sdk_provider(queue) if is_sdk else our_provider(queue, is_sampled="unsampled" not in subject)
    meters = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    if subject.startswith("contrib"):
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

        SQLAlchemyInstrumentor().instrument(skip_dep_check=True, tracer_provider=provider, meter_provider=meters)
    elif subject.startswith("ours"):
        from otel_agent.instruments.databases.sqlalchemy import install

        status = install(provider, meters, keeps_durations=not is_sdk)
        if status != "instrumented":
            raise RuntimeError(status)
    return provider


def measure(subject: str, rounds: int, queries: int) -> list[float]:
    """CPU time of one query in each round, in microseconds."""
    queue = Queue()
    tracer = set_up(subject, queue).get_tracer("benchmark")
    import sqlalchemy

    engine = sqlalchemy.create_engine("sqlite://")
    costs = []
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE orders (id INTEGER PRIMARY KEY, symbol TEXT)"))
        connection.execute(sqlalchemy.text("INSERT INTO orders (symbol) VALUES ('EUR'), ('GBP')"))
        statement = sqlalchemy.text("SELECT symbol FROM orders WHERE id = :id")
        for _ in range(rounds + 1):
            begin_ns = time.thread_time_ns()
            for _ in range(queries // 4):
                with tracer.start_as_current_span("decide"):
                    for number in range(4):
                        connection.execute(statement, {"id": 1 + number % 2}).scalar()
            costs.append((time.thread_time_ns() - begin_ns) / (queries // 4 * 4) / 1e3)
            queue.items.clear()
    return costs[1:]


def run(subject: str, rounds: int, queries: int) -> list[float]:
    command = [sys.executable, __file__, "--subject", subject, "--rounds", str(rounds), "--queries", str(queries)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if result.returncode:
        raise RuntimeError(f"{subject}: {(result.stderr.strip().splitlines() or ['no output'])[-1]}")
    costs: list[float] = json.loads(result.stdout)
    return costs


def compare(turns: int, rounds: int, queries: int) -> dict[str, dict[str, float]]:
    """Let the subjects take turns; the cheapest round of all turns, because what else the machine does only adds."""
    names = [*dict.fromkeys(SUBJECTS.values()), *SUBJECTS]
    costs: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(turns):
        for name in names:
            costs[name] += run(name, rounds, queries)
    least = {name: min(values) for name, values in costs.items()}
    return {
        name: {
            "bare_us": round(least[bare], 2),
            "us": round(least[name], 2),
            "more_us": round(least[name] - least[bare], 2),
        }
        for name, bare in SUBJECTS.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--queries", type=int, default=4000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--subject", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.subject:
        print(json.dumps(measure(arguments.subject, arguments.rounds, arguments.queries)))
        return 0
    results = compare(arguments.turns, arguments.rounds, arguments.queries)
    ratio = results["contrib, SDK"]["more_us"] / results["ours"]["more_us"]
    if arguments.json:
        print(json.dumps({"subjects": results, "contrib_to_ours": round(ratio, 2)}))
    else:
        for name, result in results.items():
            print(f"{name}: {result['us']} us a query, {result['more_us']} more than bare ({result['bare_us']})")
        print(f"the official package costs {ratio:.1f} times as much")
    return 0 if results["ours"]["more_us"] <= LIMIT_US else 1


if __name__ == "__main__":
    # This file has the name of the library it measures: its folder must not be searched for it.
    sys.path[:] = [path for path in sys.path if path != sys.path[0]]
    raise SystemExit(main())
