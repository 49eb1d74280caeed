"""
How long an agent takes to end, and what of its telemetry is there afterwards: ours beside the raw SDK, in the same run.

    python benchmarks/endings.py [--smoke] [--rounds 3]      prints {receiver: {subject: {"seconds", "least_s", "ratio", "arrived"}}}

Each subject is a program that records a thousand spans, twenty log records and one counter, says that it is done, and returns.
Measured is the time from that line to the end of the process: `seconds` is the median of the rounds, `least_s` the least. Receivers: one that is well, one that
does not listen, one that takes connections and never answers. `ratio` is the SDK's time divided by the subject's; `arrived` the
share of the spans that the receiver has once it is well again and the next run of the same program has ended. The SDK's subject has
what OpenTelemetry's documentation puts together: batch processors, a periodic reader, OTLP over HTTP, all with their defaults.
Subject `none` is the same program without any of it, and ends when the interpreter does.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "servers"), str(ROOT)]

from otlp_server import OtlpServer  # noqa: E402 - it stands with the tests, which are told above

SPANS, RECORDS = 1000, 20
PATIENCE_S = 180.0

WORK = f"""
for number in range({SPANS} if len(sys.argv) < 2 else 0):
    with tracer.start_as_current_span("decide"):
        pass
for number in range({RECORDS}):
    logging.getLogger("trader").warning("record %d", number)
counter.add(1)
print("done", flush=True)
"""

OURS = f"""
import logging, sys
import otel_agent
from opentelemetry import metrics, trace

logging.getLogger().addHandler(logging.NullHandler())
otel_agent.init("trader", instrument=False)
tracer, counter = trace.get_tracer("bench"), metrics.get_meter("bench").create_counter("orders")
{WORK}"""

SDK = f"""
import logging, sys, warnings
warnings.simplefilter("ignore")
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

spans, logs = TracerProvider(), LoggerProvider()
spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
logging.getLogger("trader").addHandler(LoggingHandler(logger_provider=logs))
measured = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
tracer, counter = spans.get_tracer("bench"), measured.get_meter("bench").create_counter("orders")
{WORK}"""

NONE = f"""
import logging, sys
from opentelemetry import metrics, trace

logging.getLogger().addHandler(logging.NullHandler())
tracer, counter = trace.get_tracer("bench"), metrics.get_meter("bench").create_counter("orders")
{WORK}"""

SUBJECTS = {"none": NONE, "SDK": SDK, "ours": OURS}
RECEIVERS = ("well", "refused", "hanging")


def run(code: str, home: Path, server: OtlpServer, *arguments: str) -> float:
    """Run a subject; how long it took to end, in seconds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=home,
        env=kept
        | {
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "PYTHONPATH": str(ROOT),
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.endpoint,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        if process.stdout is None or process.stdout.readline().strip() != "done":
            raise SystemExit(f"a subject ended before it was done, with {process.wait(PATIENCE_S)}")
        start_s = time.perf_counter()
        process.wait(PATIENCE_S)
        return time.perf_counter() - start_s
    finally:
        process.kill()
        process.communicate()


def measure(subject: str, receiver: str) -> tuple[float, float]:
    """One round: seconds of the end, and the share of the spans that is there in the end."""
    with tempfile.TemporaryDirectory() as directory, OtlpServer() as server:
        home = Path(directory)
        if receiver == "refused":
            server.stop()
        elif receiver == "hanging":
            server.mode = "hang"
        took_s = run(SUBJECTS[subject], home, server)
        if receiver == "refused":
            server.start()
        server.mode = "ok"
        run(SUBJECTS[subject], home, server, "again")
        return took_s, len({span[:2] for span in server.spans}) / SPANS


def compare(receivers: tuple[str, ...], rounds: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Every subject at every receiver, taking turns."""
    results: dict[str, dict[str, dict[str, Any]]] = {}
    for receiver in receivers:
        taken: dict[str, list[tuple[float, float]]] = {subject: [] for subject in SUBJECTS}
        for _ in range(rounds):
            for subject, figures in taken.items():
                figures.append(measure(subject, receiver))
        seconds = {subject: median(took_s for took_s, _ in figures) for subject, figures in taken.items()}
        results[receiver] = {
            subject: {
                "seconds": round(seconds[subject], 3),
                "least_s": round(min(took_s for took_s, _ in figures), 3),
                "ratio": round(seconds["SDK"] / seconds[subject], 2),
                "arrived": min(arrived for _, arrived in figures),
            }
            for subject, figures in taken.items()
        }
    return results


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[1])
    parser.add_argument("--smoke", action="store_true", help="one round with the receiver that is well")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(
        json.dumps(compare(("well",), 1) if arguments.smoke else compare(RECEIVERS, max(1, arguments.rounds)), indent=2)
    )


if __name__ == "__main__":
    main()
