"""
Run the suite: ours beside the raw SDK, or beside every peer, each in its own environment, in interleaved rounds.

    python benchmarks/run.py                   make bench: otel-agent and the raw SDK, about two minutes
    python benchmarks/run.py --peers           make bench-peers: everyone in peers.json, each in build/bench/NAME
    python benchmarks/run.py --smoke           the smallest run; proves that the scripts work, measures nothing
    python benchmarks/run.py --only NAME ...   some of them

Writes build/bench/results.json and, unless `--smoke`, docs/reference/benchmarks.md with its plot. A subject that cannot be
started is named with the reason and left out; it is never given a number.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
BUILD = ROOT / "build" / "bench"
RATES = (1_000, 5_000, 10_000, 20_000, 40_000, 60_000, 100_000, 200_000)

sys.path.insert(0, str(HERE))
from report import write  # noqa: E402 - the script's own folder has to be known first


class Sink:
    """The process that counts what arrives."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "sink.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.ports = json.loads(self._process.stdout.readline())

    def count(self) -> dict[str, int]:
        """What arrived since the last question."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['http']}/count", timeout=60) as answer:
            return dict(json.load(answer))

    def endpoint(self, name: str) -> str:
        """Where a subject sends to."""
        return f"http://127.0.0.1:{self.ports['grpc' if name.endswith('grpc') else 'http']}"

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)


def python_of(name: str, requirements: list[str]) -> str:
    """The interpreter of a subject's environment; made when it is missing."""
    if not requirements:
        return sys.executable
    home = BUILD / name
    if not (home / ".done").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pip = [str(home / "bin" / "pip"), "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, *requirements], check=True, capture_output=True, text=True)
        (home / ".done").write_text(" ".join(requirements))
    return str(home / "bin" / "python")


def work(python: str, name: str, endpoint: str, *measure: str) -> dict[str, Any]:
    """One measure of one subject in a fresh process; {"error": reason} when it could not be taken."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "DD_", "SENTRY_"))}
    environment |= {"PYTHONHASHSEED": "0"}
    if measure[0] == "held":
        environment |= {"OTEL_BSP_MAX_QUEUE_SIZE": "20000", "OTEL_BSP_SCHEDULE_DELAY": "60000"}
    try:
        result = subprocess.run(
            [python, str(HERE / "worker.py"), name, endpoint, *measure],
            capture_output=True, text=True, timeout=180, check=False, env=environment, cwd=BUILD,
        )  # fmt: skip
        return dict(json.loads(result.stdout.strip().splitlines()[-1]))
    except (IndexError, ValueError):
        return {"error": (result.stderr.strip().splitlines() or ["no output"])[-1][:300]}
    except subprocess.TimeoutExpired:
        return {"error": f"{measure[0]} took longer than 180 s"}


def median(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians of equally shaped results."""
    merged: dict[str, Any] = {}
    for key, value in results[0].items():
        values = [result[key] for result in results if key in result]
        merged[key] = median(values) if isinstance(value, dict) else statistics.median(values)
    return merged


def measure_all(subjects: dict[str, dict[str, Any]], *, rounds: int, full: bool) -> dict[str, Any]:
    """Every measure of every subject, taking turns within each round."""
    sink = Sink()
    found: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in subjects}
    errors: dict[str, str] = {}
    try:
        pythons = {}
        for name, subject in subjects.items():
            try:
                pythons[name] = python_of(name, subject["requirements"])
            except subprocess.CalledProcessError as error:
                errors[name] = f"could not be installed: {(error.stderr or str(error)).strip().splitlines()[-1][:200]}"
        for number in range(rounds):
            for measure in ("start", "calls", "burst", "held"):
                for name in subjects:
                    if name in errors or (measure in {"burst", "held"} and number > (2 if full else 0)):
                        continue
                    where = sink.endpoint(name) + ("/hang" if measure == "held" else "")
                    sink.count()  # what the process before this one has sent at its end is not this one's
                    result = work(pythons[name], name, where, measure)
                    if measure == "burst" and "made" in result:
                        result["lost"] = result["made"] - sink.count()["spans"]
                    if "error" in result and measure == "start":
                        errors[name] = result["error"]
                    elif "error" not in result:
                        found[name].setdefault(measure, []).append(result)
        merged = {name: {measure: median(taken) for measure, taken in found[name].items()} for name in subjects}
        for name in subjects:
            if name not in errors:
                merged[name]["paced"] = fastest(sink, pythons[name], name, RATES if full else RATES[2:7:2])
    finally:
        sink.close()
    return {"subjects": merged, "errors": errors, "labels": {name: subjects[name]["label"] for name in subjects}}


def fastest(sink: Sink, python: str, name: str, rates: tuple[int, ...]) -> dict[str, Any]:
    """The highest of some rates at which nothing is lost."""
    best: dict[str, Any] = {"rate": 0}
    for rate in rates:
        sink.count()
        result = work(python, name, sink.endpoint(name), "paced", str(rate))
        if "made" not in result or sink.count()["spans"] < result["made"]:
            break
        best = result
        if result["rate"] < 0.95 * rate:
            break
    return best


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    known = json.loads((HERE / "peers.json").read_text())
    wanted = arguments.only or [name for name, one in known.items() if arguments.peers or not one.get("peer")]
    results: dict[str, Any] = {}
    if not arguments.smoke:
        results = measure_all({name: known[name] for name in wanted}, rounds=arguments.rounds, full=arguments.peers)
    command = [sys.executable, str(HERE / "parts.py"), *(["--smoke"] if arguments.smoke else [])]
    results["parts"] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    (BUILD / "results.json").write_text(json.dumps(results, indent=1))
    if arguments.smoke:
        print(json.dumps(results["parts"], indent=1))
        return
    print(write(results, ROOT / "docs" / "reference"))


if __name__ == "__main__":
    main()
