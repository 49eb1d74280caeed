"""The scripts behind the published figures run."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(BENCHMARKS.rglob("*.py"))


def load(name: str) -> Any:
    """A script of the folder as a module."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_parses_and_says_what_it_is_for(path: Path) -> None:
    """A script nobody has run for a while is at least Python and opens with its purpose."""
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_the_smallest_run_compares_every_part() -> None:
    """Both sides of each comparison do their work, and the answer is JSON with a ratio."""
    result = subprocess.run(
        [sys.executable, str(BENCHMARKS / "parts.py"), "--smoke"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    parts = json.loads(result.stdout)

    assert all({"sdk_ns", "ours_ns", "ratio"} == set(part) for part in parts.values())
    assert len(parts) >= 4


def test_every_subject_of_the_table_has_its_script() -> None:
    """What `peers.json` pins can be started."""
    named = json.loads((BENCHMARKS / "peers.json").read_text())

    assert set(named) == {path.stem for path in (BENCHMARKS / "subjects").glob("*.py")} - {"__init__"}


def test_starts_are_compared_without_the_interpreter() -> None:
    """What Python costs by itself is nobody's merit, so it is taken off both sides."""
    counted = {"python": 100, "api": 200, "import": 210, "init": 400, "sdk": 600}

    assert {"import": 1.1, "start": 0.6} == load("start_up").ratios(counted)


def test_the_guard_accepts_five_percent_and_refuses_more() -> None:
    """A path beyond the tolerance is named with its figures; one without a baseline is named too."""
    judge = load("guard").judge

    assert [] == judge({"a": 1.05}, {"a": 1.0})
    assert "a: 1.060 times the reference loop, +6.0% against the baseline 1.000" in judge({"a": 1.06}, {"a": 1.0})
    assert 1 == len(judge({"new": 1.0}, {"a": 1.0}))


def test_the_guard_has_a_baseline_for_every_path() -> None:
    """No hot path is counted without being judged."""
    guard = load("guard")

    assert set(guard.LOADS) - {"reference"} == set(json.loads(guard.BASELINE.read_text()))


@pytest.mark.parametrize("name", ["encode a span", "encode a span with 5 attributes", "log record with 3 extras"])
def test_the_guarded_paths_run(name: str) -> None:
    """What valgrind is given to count does its work."""
    load("guard").LOADS[name](200)


def test_the_page_is_made_of_results(tmp_path: Path) -> None:
    """Tables, plot and the reasons for what was not measured stand on the page."""
    cost = {"thread": 1_000.0, "total": 2_000.0}
    results = {
        "parts": {"encode a span": {"sdk_ns": 10.0, "ours_ns": 1.0, "ratio": 10.0}},
        "subjects": {"sdk_http": {"calls": {"call": cost}}, "other": {}},
        "labels": {"sdk_http": "raw SDK", "other": "other"},
        "errors": {"other": "ImportError"},
    }
    page = load("report").write(results, tmp_path)

    assert "| encode a span | 10 | 1 | 10.0 |" in page
    assert "Not measured: other (ImportError)." in page
    assert "raw SDK" in (tmp_path / "benchmarks.svg").read_text()


def test_the_sink_counts_spans_over_http() -> None:
    """What is posted as OTLP is counted once and then forgotten."""
    from otel_agent.delivery.wire import encode_spans

    sink = load("sink")
    empty = type("Named", (), {"name": "x", "version": None, "schema_url": None, "attributes": None})
    site = type(
        "Site", (), {"name": "s", "kind": 0, "scope": empty, "resource": empty, "attributes": None, "encoded": None}
    )
    span = type(
        "Span", (), {"site": site, "trace_id": 1, "span_id": 1, "parent_id": 0, "flags": 1, "start_ns": 1, "end_ns": 2, "own": None, "extra": None}
    )  # fmt: skip
    sink.kept.append(("/v1/traces", encode_spans([span, span])))

    assert {"spans": 2, "logs": 0, "requests": 1} == sink.count()
    assert {"spans": 0, "logs": 0, "requests": 0} == sink.count()
