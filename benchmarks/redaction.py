"""
What redaction adds to a span and to a log record, as a share of encoding it.

    python benchmarks/redaction.py            a table; every text of "seen before" is known, every one of "new" is not
    python benchmarks/redaction.py --json     the same for machines
    python benchmarks/redaction.py --smoke    once, to see that it runs

Both sides are measured in turns on one thread, in CPU time of that thread, and the best of all turns counts.
"""

import argparse
import json
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from opentelemetry.sdk.resources import Resource

from otel_agent.delivery.wire import encode_logs, encode_spans
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.redaction.redactor import Redactor

SIZE = 2_000
RESOURCE = Resource({"service.name": "bench"})
SCOPE = SimpleNamespace(name="bench", version=None, schema_url=None, attributes=None)
SITE = SimpleNamespace(name="decide", kind=0, scope=SCOPE, resource=RESOURCE, attributes=None, encoded=None)
SECRET = "sk-proj-Zq8vT1nYw4Rk7Lm2Xc5Bd9Hj"


class Span:
    """In the recorder's shape."""

    __slots__ = ("end_ns", "extra", "flags", "own", "parent_id", "site", "span_id", "start_ns", "trace_id")

    def __init__(self, own: dict[str, Any] | None) -> None:
        self.own, self.extra, self.site = own, None, SITE
        self.trace_id, self.span_id, self.parent_id = 1 << 100, 1 << 60, 7
        self.flags, self.start_ns, self.end_ns = 0x101, 1, 2


def spans(make: Callable[[int], dict[str, Any] | None]) -> Callable[[], list[Any]]:
    return lambda: [Span(make(number)) for number in range(SIZE)]


def records(log_one: Callable[[logging.Logger, int], None]) -> Callable[[], list[Any]]:
    def make() -> list[Any]:
        items: deque[Any] = deque()
        logger = logging.Logger("bench", logging.INFO)  # noqa: LOG001 - one without a parent
        logger.addHandler(BridgeHandler(SimpleNamespace(items=items, limit=1 << 20), RESOURCE))
        for number in range(SIZE):
            log_one(logger, number)
        return list(items)

    return make


ORDINARY = {"symbol": "ACME", "size": 300, "price": 101.25, "is_paper": True, "venue": "XNYS"}
CASES: dict[str, tuple[Callable[[Any], bytes], Callable[[], list[Any]]]] = {
    "span without attributes": (encode_spans, spans(lambda _: None)),
    "span, 5 attributes seen before": (encode_spans, spans(lambda number: {**ORDINARY, "size": number})),
    "span, 5 attributes, one new id": (
        encode_spans,
        spans(lambda _: {**ORDINARY, "venue": f"ord-{random.getrandbits(64):x}"}),
    ),
    "span, a statement seen before": (
        encode_spans,
        spans(lambda _: {"db.query.text": "SELECT id, price FROM orders WHERE symbol = ? AND size > ? LIMIT ?"}),
    ),
    "span, an address with a new number": (
        encode_spans,
        spans(lambda number: {"url.full": f"https://api.example/v3/orders?symbol=ACME&limit={number}"}),
    ),
    "span with a secret": (encode_spans, spans(lambda number: {"symbol": "ACME", "note": f"{SECRET}{number}"})),
    "log record, numbers": (encode_logs, records(lambda log, number: log.info("order %d filled at %.2f", number, 1.5))),
    "log record, new id, 3 extras": (
        encode_logs,
        records(
            lambda log, number: log.info(
                "order %s for %s filled",
                f"A{random.getrandbits(40):x}",
                "ACME",
                extra={"symbol": "ACME", "size": number, "venue": "XNYS"},
            )
        ),
    ),
    "log record, new text": (
        encode_logs,
        records(lambda log, _: log.info(f"order A{random.getrandbits(40):x} for ACME filled at venue XNYS")),  # noqa: G004 - what people write
    ),
    "log record with a secret": (encode_logs, records(lambda log, _: log.info("password=%s", "hunter2"))),
}


def cpu_ns(function: Callable[[Sequence[Any]], object], items: Sequence[Any]) -> float:
    begun = time.thread_time_ns()
    function(items)
    return (time.thread_time_ns() - begun) / len(items)


def measure(name: str, turns: int) -> dict[str, float]:
    """Each turn has a batch of its own, so that texts that are new are new in every turn."""
    encode, make = CASES[name]
    redactor = Redactor()
    clean = redactor.logs if encode is encode_logs else redactor.spans
    redact_ns, encode_ns = [], []
    for _ in range(turns):
        redact_ns.append(cpu_ns(clean, make()))
        encode_ns.append(cpu_ns(encode, make()))
    best = min(redact_ns), min(encode_ns)
    return {"redact_ns": round(best[0]), "encode_ns": round(best[1]), "share": round(best[0] / best[1], 3)}


def rows(results: dict[str, dict[str, float]]) -> Iterator[str]:
    yield f"{'':36} redact  encode  share"
    for name, result in results.items():
        yield f"{name:36} {result['redact_ns']:6.0f}  {result['encode_ns']:6.0f}  {result['share']:5.0%}   ns"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    turns = 1 if arguments.smoke else arguments.turns
    results = {name: measure(name, turns) for name in CASES}
    print(json.dumps(results) if arguments.json else "\n".join(rows(results)))


if __name__ == "__main__":
    main()
