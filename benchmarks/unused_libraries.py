"""
What installed instrumentations cost an agent that uses none of their libraries, and what they cost the start of a web server.

    python benchmarks/unused_libraries.py PYTHON [--runs N]

PYTHON is an interpreter that has otel-agent and many libraries with their instrumentations, such as the one that
`pytest -m e2e tests/end_to_end/test_library_calls.py` makes in build/. Runs are interleaved. Status 1 when a library is imported
that the agent does not import, when `init()` takes more than 1.3 times the processor time of `init(instrument=False)`, or when
uvicorn with two workers is up after more than 1.5 times the time without us.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

MOST_CPU, MOST_UP = 1.3, 1.5
START = """
import json, sys, time
before = time.process_time()
import otel_agent
telemetry = otel_agent.init("x", export="none", spool=False{more})
took_s = time.process_time() - before
libraries = telemetry.status()["libraries"]
from otel_agent.instruments.libraries import occasions, packages
installed = packages.packages()
names = {{
    name
    for entry_point in packages.entry_points() if libraries.get(entry_point.name) == "waiting for import"
    for names in occasions.occasion(entry_point, installed).libraries for name in names
}}
waiting = sum(text == "waiting for import" for text in libraries.values())
print(json.dumps([took_s, waiting, sorted(name for name in names if name in sys.modules and name not in sys.stdlib_module_names)]))
"""
SERVED = """
{observe}
from fastapi import FastAPI

application = FastAPI()


@application.get("/")
def page() -> str:
    return "ok"
"""
OBSERVE = "import otel_agent\notel_agent.init('served', export='none', spool=False)"
DISABLED = {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "exceptions"}
"""It is for no library, so it is never unused."""


def start(python: str, more: str) -> tuple[float, int, list[str]]:
    """Processor time of a start in seconds, how many instrumentations wait, and what was imported of their libraries."""
    code = START.format(more=more)
    ended = subprocess.run(
        [python, "-c", code], env={**os.environ, **DISABLED}, capture_output=True, text=True, check=True
    )
    took_s, waiting, imported = json.loads(ended.stdout)
    return took_s, waiting, imported


def up_s(python: str, observe: str) -> float:
    """How long uvicorn with two workers takes until it answers, in seconds."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        Path(folder, "served.py").write_text(SERVED.format(observe=observe))
        began_s = time.monotonic()
        words = ["-m", "uvicorn", "served:application", "--workers", "2", "--port", str(port), "--log-level", "error"]
        server = subprocess.Popen([python, *words], cwd=folder, start_new_session=True, stderr=subprocess.DEVNULL)
        try:
            while True:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                    return time.monotonic() - began_s
                if time.monotonic() - began_s > 60:
                    raise TimeoutError("uvicorn does not come up")
                time.sleep(0.01)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("python", help="interpreter that has the libraries")
    parser.add_argument("--runs", type=int, default=7, help="of each kind")
    arguments = parser.parse_args()
    python = str(Path.cwd() / arguments.python)  # not resolved: the link is what makes it the environment's
    with_s, without_s, imported, waiting = [], [], set(), 0
    for _ in range(arguments.runs):
        without_s.append(start(python, ", instrument=False")[0])
        took_s, waiting, names = start(python, "")
        with_s.append(took_s)
        imported.update(names)
    cpu = statistics.median(with_s) / statistics.median(without_s)
    print(
        f"start with {waiting} instrumentations that wait: {statistics.median(with_s) * 1e3:.0f} ms of processor time,"
    )
    print(f"  {cpu:.2f} times instrument=False ({statistics.median(without_s) * 1e3:.0f} ms), at most {MOST_CPU}")
    print(f"  libraries imported: {', '.join(sorted(imported)) or 'none'}")
    plain_s, ours_s = [], []
    for _ in range(max(3, arguments.runs // 2)):
        plain_s.append(up_s(python, ""))
        ours_s.append(up_s(python, OBSERVE))
    up = statistics.median(ours_s) / statistics.median(plain_s)
    print(f"uvicorn with two workers is up after {statistics.median(ours_s):.2f} s,")
    print(f"  {up:.2f} times without us ({statistics.median(plain_s):.2f} s), at most {MOST_UP}")
    return int(bool(imported) or cpu > MOST_CPU or up > MOST_UP)


if __name__ == "__main__":
    sys.exit(main())
