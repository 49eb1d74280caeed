"""
Guard the cost of the hot paths by counting instructions, which no noise of the machine can change.

    python benchmarks/guard.py             make guard: status 1 when a path costs over 5 % more than benchmarks/guard.json
    python benchmarks/guard.py --quick     quick functions of traced modules alone, which need no baseline: on any Python
    python benchmarks/guard.py --record    write the baseline anew, after a change that is meant to cost more or less
    python benchmarks/guard.py --load NAME CALLS     what valgrind runs; not for people

Each path runs under `valgrind --tool=cachegrind` with two loop lengths; the difference is what its calls cost. Divided by
the same figure of a fixed loop in plain Python, it becomes a number that another build of Python moves far less.
"""

import argparse
import importlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

BASELINE = Path(__file__).parent / "guard.json"
TOLERANCE = 0.05
SHORT, LONG = 500, 1_500


def reference(calls: int) -> None:
    """A loop of calls, dictionary and attribute work that never changes."""
    holder = SimpleNamespace(value=0)

    def step(number: int) -> dict[str, int]:
        return {"a": number, "b": number + 1}

    for number in range(calls * 4):
        holder.value += step(number)["b"]


def encode_span(calls: int) -> None:
    """Light spans without attributes to bytes."""
    _encode(calls, None)


def encode_span_5(calls: int) -> None:
    """Light spans with five attributes to bytes."""
    _encode(calls, {"symbol": "ACME", "size": 300, "price": 101.25, "is_paper": True, "venue": "XNYS"})


def encode_span_event(calls: int) -> None:
    """Light spans with an event and a status to bytes."""
    from types import MappingProxyType

    event = SimpleNamespace(name="filled", timestamp=3, attributes=MappingProxyType({"size": 300}))
    none = {"links": None, "trace_state": None, "dropped_attributes": 0, "dropped_events": 0, "dropped_links": 0}
    _encode(calls, None, SimpleNamespace(events=[event], status_code=2, status_description="refused", **none))


def _encode(calls: int, own: dict[str, Any] | None, extra: Any = None) -> None:
    from otel_agent.delivery.wire import encode_spans

    named = {"name": "bench", "version": None, "schema_url": None, "attributes": {"service.name": "bench"}}
    site = SimpleNamespace(
        name="decide",
        kind=0,
        scope=SimpleNamespace(**named),
        resource=SimpleNamespace(**named),
        attributes=None,
        encoded=None,
    )
    span = SimpleNamespace(
        site=site,
        trace_id=1 << 100,
        span_id=1 << 60,
        parent_id=7,
        flags=0x101,
        start_ns=1,
        end_ns=2,
        own=own,
        extra=extra,
    )
    for _ in range(calls // 100):
        encode_spans([span] * 100)


def log_record(calls: int) -> None:
    """A log record with three extras through the bridge to bytes, the record's own making included."""
    from otel_agent.delivery.wire import encode_logs
    from otel_agent.logs.bridge import BridgeHandler

    items: deque[Any] = deque()
    handler = BridgeHandler(SimpleNamespace(items=items, limit=1 << 20, overflow=None), None)  # type: ignore[arg-type]
    logger = logging.Logger("bench", logging.INFO)  # noqa: LOG001 - one without a parent
    logger.addHandler(handler)
    for number in range(calls):
        logger.info("order %s at %s", "A1", 101.25, extra={"symbol": "ACME", "size": 300, "venue": "XNYS"})
        if number % 100 == 99:
            encode_logs(items)
            items.clear()


def traced_call(calls: int) -> None:
    """Calls of a traced function below one root, durations counted, spans thrown away."""
    _traced(calls, lambda: None)


def traced_call_5(calls: int) -> None:
    """The same, with five attributes set on the current span."""
    from opentelemetry.trace import get_current_span

    five = {"symbol": "ACME", "size": 300, "price": 101.25, "is_paper": True, "venue": "XNYS"}

    def body() -> None:
        span = get_current_span()
        for key, value in five.items():
            span.set_attribute(key, value)

    _traced(calls, body)


def traced_root(calls: int) -> None:
    """Calls of a traced function, each of which begins a trace."""
    _traced(calls, lambda: None, below=False)


def unsampled_call(calls: int) -> None:
    """Calls below a root that was not sampled."""
    _traced(calls, lambda: None, ratio=0.0)


def unsampled_root(calls: int) -> None:
    """Calls that each begin a trace which is not sampled."""
    _traced(calls, lambda: None, below=False, ratio=0.0)


def block(calls: int) -> None:
    """Spans around blocks of code, below one root."""
    _traced(calls, lambda: None, in_block=True)


def block_root(calls: int) -> None:
    """Spans around blocks of code, each of which begins a trace."""
    _traced(calls, lambda: None, below=False, in_block=True)


def api_block(calls: int) -> None:
    """Blocks of OpenTelemetry's own interface, below one root."""
    _traced(calls, lambda: None, in_block=True, by_api=True)


def _traced(
    calls: int,
    body: Callable[[], None],
    *,
    below: bool = True,
    ratio: float = 1.0,
    in_block: bool = False,
    by_api: bool = False,
) -> None:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    from otel_agent.instruments.functions import decorators
    from otel_agent.recording.durations import Durations
    from otel_agent.recording.provider import TracerProvider

    queue = SimpleNamespace(items=deque(maxlen=100), limit=1 << 20, overflow=None)
    sampler = ParentBasedTraceIdRatio(ratio)
    provider = TracerProvider(resource=Resource({}), sampler=sampler, shutdown_on_exit=False, queue=queue)
    decorators.bind(provider.recorder("bench", Durations()))
    traced = decorators.traced("decide")(body)
    begin: Any = provider.get_tracer("bench").start_as_current_span if by_api else decorators.span
    with decorators.span("root") if below else nullcontext():
        if in_block:
            for _ in range(calls):
                with begin("decide"):
                    pass
        else:
            for _ in range(calls):
                traced()


def timed_call(calls: int) -> None:
    """Calls of a timed function."""
    from otel_agent.instruments.functions import decorators
    from otel_agent.recording.durations import Durations
    from otel_agent.recording.recorder import durations_only

    decorators.bind(durations_only(Durations()))

    @decorators.timed("decide")
    def timed() -> None:
        pass

    for _ in range(calls):
        timed()


def redact_new_text(calls: int) -> None:
    """Texts of log records that have not been seen before, without a secret."""
    from otel_agent.redaction.redactor import Redactor

    redact = Redactor().text
    for number in range(calls):
        redact(f"order A{number * 7919:08x} for ACME filled at venue XNYS")


def redact_secret(calls: int) -> None:
    """Texts that each hold another secret."""
    from otel_agent.redaction.redactor import Redactor

    redact = Redactor().text
    for number in range(calls):
        redact(f"login of desk 7 with password=Hx7pW9qL{number * 7919:08x} failed")


QUICK = "def step(number):\n    return number + 1\n"
MOST_QUICK = 1.2
"""What a quick function of a traced module may cost after its first calls, as a multiple of the same function without us."""


def plain_call(calls: int) -> None:
    """Calls of a quick function that nobody watches."""
    with _quick_agent() as step:
        for number in range(calls * 1000):
            step(number)


def quick_call(calls: int) -> None:
    """The same in an agent with automatic tracing, behind the trial of the function."""
    import otel_agent

    with tempfile.TemporaryDirectory() as state, _quick_agent() as step:
        os.environ["XDG_STATE_HOME"] = state
        quiet: dict[str, Any] = {"metrics": {"host": False, "process": False, "runtime": False}}
        otel_agent.init(
            "bench", endpoint="http://127.0.0.1:9", trace_modules=["quick_agent"], spool=False, config=quiet
        )
        for number in range(1000):
            step(number)
        time.sleep(5)  # what is loaded after the start is no part of a call
        for number in range(calls * 1000):
            step(number)
    os._exit(0)


@contextmanager
def _quick_agent() -> Iterator[Any]:
    """The quick function of a module that was just written."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "quick_agent.py").write_text(QUICK)
        sys.path.insert(0, folder)
        yield importlib.import_module("quick_agent").step


LOADS: dict[str, Callable[[int], None]] = {
    "reference": reference,
    "encode a span": encode_span,
    "encode a span with 5 attributes": encode_span_5,
    "encode a span with an event": encode_span_event,
    "log record with 3 extras": log_record,
    "traced call": traced_call,
    "traced call with 5 attributes": traced_call_5,
    "traced root": traced_root,
    "unsampled call": unsampled_call,
    "unsampled root": unsampled_root,
    "block": block,
    "block that is a root": block_root,
    "block of OpenTelemetry's interface": api_block,
    "timed call": timed_call,
    "redact a new text": redact_new_text,
    "redact a text with a secret": redact_secret,
}


PAIR = {"plain call": plain_call, "quick call": quick_call}
"""Compared with each other, on every Python."""


def instructions(load: str, calls: int) -> int:
    """Instructions a process needs for a load, Python's start included."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
    }
    result = subprocess.run(
        ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", sys.executable, __file__, "--load", load, str(calls)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    counted = re.search(r"I\s+refs:\s+([\d,]+)", result.stderr)
    if result.returncode or counted is None:
        raise SystemExit(
            f"guard: {load!r} failed under valgrind with status {result.returncode}:\n{result.stderr[-2000:]}"
        )
    return int(counted[1].replace(",", ""))


def per_call(load: str) -> float:
    """Instructions of one call."""
    return (instructions(load, LONG) - instructions(load, SHORT)) / (LONG - SHORT)


def judge(found: dict[str, float], baseline: dict[str, float]) -> list[str]:
    """
    What has become too expensive.

    Args:
        found: Cost of each path as a multiple of the reference loop.
        baseline: The same, as committed.

    Returns:
        One line for each path beyond the tolerance, or without a baseline.
    """
    problems = []
    for name, cost in found.items():
        known = baseline.get(name)
        if known is None:
            problems.append(f"{name}: no baseline; run benchmarks/guard.py --record and commit benchmarks/guard.json")
        elif cost > known * (1 + TOLERANCE):
            problems.append(
                f"{name}: {cost:.3f} times the reference loop, {cost / known - 1:+.1%} against the baseline {known:.3f}"
            )
    return problems


def main() -> int:
    """Count, compare, say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--load", nargs=2, metavar=("NAME", "CALLS"))
    arguments = parser.parse_args()
    if arguments.load:
        {**LOADS, **PAIR}[arguments.load[0]](int(arguments.load[1]))
        return 0
    if shutil.which("valgrind") is None:
        print(
            "guard: valgrind is missing, nothing was counted; install it (Debian: apt-get install valgrind) and run again"
        )
        return 2
    quick = per_call("quick call") / per_call("plain call")
    print(f"a quick function of a traced module: {quick:.3f} times the same function without us")
    if quick > MOST_QUICK:
        print(f"guard: at most {MOST_QUICK} times was promised")
        return 1
    if arguments.quick:
        return 0
    base = per_call("reference")
    found = {name: per_call(name) / base for name in LOADS if name != "reference"}
    for name, cost in found.items():
        print(f"{name}: {cost:.3f} times the reference loop ({cost * base:,.0f} instructions)")
    if arguments.record:
        BASELINE.write_text(json.dumps({name: round(cost, 4) for name, cost in found.items()}, indent=1) + "\n")
        return 0
    problems = judge(found, json.loads(BASELINE.read_text()) if BASELINE.exists() else {})
    print("\n".join(problems) or "guard: nothing became more than 5 % more expensive")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
