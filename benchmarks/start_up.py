"""
What a start costs, counted in instructions, which no noise of the machine can change.

    python benchmarks/start_up.py            JSON: instructions of each start, and how ours compare
    python benchmarks/start_up.py --runs 3   the smallest of more runs

Each start runs in a process of its own under `valgrind --tool=cachegrind`, after a run that writes the bytecode, and ends as
soon as `init` has returned. "import" is `import otel_agent` compared with the two modules of OpenTelemetry's API that every
instrumented program imports; "start" is import and `init` compared with the SDK set up for three signals over HTTP. What
the interpreter costs by itself is subtracted on both sides.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping

END = "\nimport os; os._exit(0)"

PYTHON = "pass"
API = "import opentelemetry.trace, opentelemetry.metrics"
IMPORT = "import otel_agent"
INIT = "import otel_agent; otel_agent.init('bench', endpoint='http://127.0.0.1:9')"
SDK = """
from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

tracers, loggers = TracerProvider(), LoggerProvider()
tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracers)
metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())]))
loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
_logs.set_logger_provider(loggers)
"""
STARTS = {"python": PYTHON, "api": API, "import": IMPORT, "init": INIT, "sdk": SDK}


def instructions(code: str, runs: int) -> int:
    """
    What a program costs from its first instruction to its last.

    Args:
        code: Of the program; it ends by itself.
        runs: Of which the smallest counts: threads that have begun may get their turn before the end.
    """
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    program = [sys.executable, "-c", code + END]
    subprocess.run(program, check=True, capture_output=True, timeout=120, env=environ)
    counted = []
    for _ in range(runs):
        valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        run = subprocess.run(
            [*valgrind, *program], check=True, capture_output=True, text=True, timeout=600, env=environ
        )
        found = re.search(r"I\s+refs:\s+([\d,]+)", run.stderr)
        if found is None:
            raise RuntimeError(run.stderr)
        counted.append(int(found[1].replace(",", "")))
    return min(counted)


def ratios(counted: Mapping[str, int]) -> dict[str, float]:
    """
    How ours compare, without what the interpreter costs by itself.

    Args:
        counted: Instructions of each of `STARTS`.
    """
    own = {name: each - counted["python"] for name, each in counted.items()}
    return {"import": round(own["import"] / own["api"], 3), "start": round(own["init"] / own["sdk"], 3)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: apt-get install valgrind", file=sys.stderr)
        return 2
    counted = {name: instructions(code, arguments.runs) for name, code in STARTS.items()}
    print(json.dumps({"instructions": counted, "ratios": ratios(counted)}, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
