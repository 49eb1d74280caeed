"""Values no wire format carries, through every door (rows 33 to 35): nothing is raised, and everything around them arrives."""

from pathlib import Path

import pytest
from faulted import trial

POISON = """
from decimal import Decimal

class Bad:
    def __str__(self): raise RuntimeError("no text")
    __repr__ = __str__
    def __eq__(self, other): raise RuntimeError("incomparable")
    __hash__ = None

class BadError(Exception):
    def __str__(self): raise RuntimeError("no text")
    __repr__ = __str__

circle = []
circle.append(circle)
loop = {}
loop["self"] = loop
deep = "bottom"
for _ in range(900): deep = [deep]
VALUES = {
    "surrogate": "file-\\udcff", "wei": 10**19, "huge": 10**400, "negative": -(2**70), "nan": float("nan"),
    "infinity": float("inf"), "circle": circle, "loop": loop, "deep": deep, "bad": Bad(), "bads": [Bad(), 1],
    "long": "x" * 100_000_000, "bytes": b"\\xff\\x00", "none": None, "decimal": Decimal("NaN"), "set": {1, 2},
    "type": Bad, "mixed": [1, "a", None, 2.5], "key": {"\\udcff": "\\udcff"},
}
raised = []

def attempt(what, call):
    try:
        call()
    except BaseException as error:
        raised.append(f"{what}: {type(error).__name__}")

tracer = trace.get_tracer("third.party")
meter = metrics.get_meter("third.party")

@otel_agent.traced(capture_arguments=True, capture_result=True)
def captured(value):
    return value

def span(value):
    for opened in (otel_agent.span("poison", note=value), tracer.start_as_current_span("poison", attributes={"note": value})):
        with opened as span:
            span.set_attribute("note", value)
            span.set_attribute(value, 1)
            span.set_attributes({"note": value, "list": [value]})
            span.set_attributes(None)
            span.add_event("e", {"note": value})
            span.add_event(value)
            span.update_name(value)
            span.record_exception(ValueError(value))
            span.record_exception(BadError())
            span.set_status(trace.Status(trace.StatusCode.ERROR, value if isinstance(value, str) else None))

def name(value):
    with otel_agent.span(value): pass
    tracer.start_span(value).end()

def failure(value):
    for error in (ValueError(value), BadError(value)):
        try:
            with otel_agent.span("fails"):
                raise error
        except Exception as caught:
            assert caught is error

def record_log(value):
    logger = logging.getLogger("trader")
    logger.warning("poison %s", value)
    logger.warning("poison %d %s", value)
    logger.warning(value)
    logger.warning("poison", extra={"note": value, "list": [value]})
    try:
        raise ValueError(value)
    except ValueError:
        logger.exception("poison")

def measure(value):
    attributes = {"note": value}
    for instrument in (counter, histogram, updown):
        getattr(instrument, "record" if instrument is histogram else "add")(1, attributes)
"""

NUMBERS = """
NUMBERS = [2**63, 2**64, 10**400, float("nan"), float("inf"), Decimal("1.5"), "1", None, Bad(), True, -(2**63) - 1]

def count(index, number):
    for make, method in ((meter.create_counter, "add"), (meter.create_up_down_counter, "add"), (meter.create_histogram, "record"), (meter.create_gauge, "set")):
        getattr(make(f"{make.__name__}.{index}"), method)(number)
"""

LIFE = """
logging.getLogger().addHandler(logging.NullHandler())
init()
counter, histogram, updown = meter.create_counter("c"), meter.create_histogram("h"), meter.create_up_down_counter("u")
good = meter.create_counter("good")
for key, value in VALUES.items():
    for door in (span, name, failure, record_log, captured, measure):
        work(0)
        log(1)
        good.add(1)
        attempt(f"{door.__name__} of {key}", lambda: door(value))
    flush(10) if key in {"long", "deep"} else None
for index, number in enumerate(NUMBERS):
    attempt(f"number {index}", lambda: count(index, number))
flush(30)
until(lambda: flush(10))
say(raised=raised, dropped=[dropped(signal) for signal in ("traces", "logs", "metrics")], doors=6 * len(VALUES))
"""


@pytest.mark.parametrize("level", ["spill", pytest.param("journal", marks=pytest.mark.slow)])
def test_rows_33_to_35_poison_through_every_door(level: str, tmp_path: Path) -> None:
    """Spans, events, names, exceptions, log records, extras, captured arguments, attributes and values of metrics."""
    with trial(tmp_path) as faulted:
        run = faulted.run(POISON + NUMBERS + LIFE, OTEL_AGENT_SPOOL__LEVEL=level)
        names = [span[2] for span in faulted.server.spans]

        assert 0 == run.status, run.lines[-20:]
        assert [] == run["raised"]
        assert run["flushed"], run
        assert [0, 0, 0] == run["dropped"]
        assert run["doors"] == sum(name.endswith("work") for name in names)
        assert run["doors"] == faulted.records
        assert {"good", "system.memory.usage"} <= set(faulted.server.metrics)
        # From Python 3.12 on the garbage collector cannot call anybody where a value has used up the stack, and says so.
        lines = [
            line
            for line in run.lines
            if not line.startswith(("Exception ignored", "Traceback", "  ", "RecursionError"))
        ]
        assert len(lines) <= 6, run.lines
