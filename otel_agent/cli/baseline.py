"""
`otel-agent baseline`: has the code become slower?

`record` runs a command several times and keeps how long its functions took; `compare` runs it again and says which functions are
slower, faster, the same, or not known well enough; `show` prints what a file holds. The exit status is for CI: 0 is well, 1 slower,
2 a mistake, 3 not enough data or another environment.

What is compared are functions that are counted: decorated ones, and those that automatic tracing counts. A command in which nothing
is counted is compared as a whole.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from otel_agent.cli.actions import actions
from otel_agent.cli.programs import find_program, instrumented
from otel_agent.errors import OtelAgentError
from otel_agent.insight.baselines.files import append_runs, read_runs, replace_runs
from otel_agent.insight.baselines.pictures import as_picture
from otel_agent.insight.baselines.runs import Run, comparable, differences, medians
from otel_agent.insight.baselines.tables import as_table, as_values, duration, refusal
from otel_agent.insight.baselines.verdicts import ALPHA, MIN_EFFECT, compare
from otel_agent.telemetry.assembly.measured_programs import measured

__all__ = ["configure", "run"]

DEFAULT_FILE = Path("otel-agent-baseline.jsonl")
"""Where a baseline is when nothing else is said, in the working directory."""

DEFAULT_RUNS = 10
"""Runs of a command when nothing else is said; ten against ten can show something in more than a thousand functions."""

SLOWER, MISTAKE, UNDECIDED = 1, 2, 3


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Add the arguments of the command.

    Args:
        parser: Parser of this command.
    """
    lines = {
        "record": "run a command several times and keep how long its functions took",
        "compare": "run a command several times and compare with the baseline (status 1: slower; 3: not enough data, or another environment)",
        "show": "print what a file of baselines holds",
    }
    for name, command in actions(parser, lines):
        if name == "record":
            command.add_argument(
                "--output",
                type=Path,
                default=DEFAULT_FILE,
                metavar="FILE",
                help=f"file that runs are added to; default: {DEFAULT_FILE}",
            )
            command.add_argument("--replace", action="store_true", help="forget earlier runs of this environment")
        else:
            command.add_argument(
                "--baseline", type=Path, default=DEFAULT_FILE, metavar="FILE", help=f"default: {DEFAULT_FILE}"
            )
            command.add_argument("--json", action="store_true", help="print JSON")
        if name == "compare":
            command.add_argument(
                "--any-environment", action="store_true", help="compare with runs of other environments as well"
            )
            command.add_argument(
                "--min-effect",
                type=_share,
                default=MIN_EFFECT,
                metavar="SHARE",
                help=f"smallest change that is told; default: {MIN_EFFECT}",
            )
            command.add_argument("--picture", type=Path, metavar="FILE", help="write a picture as SVG")
        if name != "show":
            command.add_argument(
                "--runs", type=_count, default=DEFAULT_RUNS, metavar="N", help=f"default: {DEFAULT_RUNS}"
            )
            command.add_argument(
                "--timeout", type=float, default=600.0, metavar="SECONDS", help="of one run; default: 600"
            )
            command.add_argument(
                "program", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="the command line of the program"
            )


def run(arguments: argparse.Namespace) -> int:
    """
    Run the chosen action.

    Args:
        arguments: Parsed arguments of this command.

    Returns:
        See above.
    """
    try:
        if arguments.action == "show":
            return _show(arguments)
        words = arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
        if not words:
            print(
                f"otel-agent baseline {arguments.action}: no command given; for example: otel-agent baseline {arguments.action} -- python agent.py",
                file=sys.stderr,
            )
            return MISTAKE
        return _record(words, arguments) if arguments.action == "record" else _compare(words, arguments)
    except OtelAgentError as error:
        print(f"otel-agent: {error}", file=sys.stderr)
        return MISTAKE


def _record(words: Sequence[str], arguments: argparse.Namespace) -> int:
    if arguments.output.exists():
        read_runs(arguments.output)  # a mistake in the file is said before the command has run ten times
    runs = _measured(words, arguments)
    if arguments.replace:
        replace_runs(arguments.output, runs, runs[0].environment)
    else:
        append_runs(arguments.output, runs)
    functions = medians(runs)
    print(f"{len(runs)} runs of {len(functions)} functions recorded in {arguments.output}")
    return 0


def _compare(words: Sequence[str], arguments: argparse.Namespace) -> int:
    if not arguments.baseline.exists():
        print(
            f"otel-agent: there is no baseline in {arguments.baseline}; record one: otel-agent baseline record --output {arguments.baseline} -- COMMAND",
            file=sys.stderr,
        )
        return UNDECIDED
    baseline = read_runs(arguments.baseline)
    later = _measured(words, arguments)
    here = later[0].environment
    alike = comparable(baseline, None if arguments.any_environment else here)
    if baseline and not alike:
        reasons = differences(baseline[-1].environment, here)
        if arguments.json:
            print(json.dumps({"verdict": "another environment", "differences": reasons, "functions": []}, indent=2))
        else:
            print(
                f"not compared: {refusal(arguments.baseline, reasons)}, or compare all the same with --any-environment"
            )
        return UNDECIDED
    before, after = medians(alike), medians(later)
    comparisons = compare(before, after, min_effect_ratio=arguments.min_effect)
    verdicts = {each.verdict for each in comparisons}
    status = SLOWER if "slower" in verdicts else UNDECIDED if verdicts <= {"not enough data"} else 0
    if arguments.picture is not None:
        _write(arguments.picture, as_picture(comparisons, before, after))
    if arguments.json:
        said = {SLOWER: "slower", UNDECIDED: "not enough data"}.get(status, "well")
        print(json.dumps({"verdict": said, "functions": as_values(comparisons)}, indent=2))
        return status
    print(as_table(comparisons))
    if status == UNDECIDED:
        print(_advice(before, after))
    return status


def _advice(before: dict[str, list[float]], after: dict[str, list[float]]) -> str:
    common = len(before.keys() & after.keys())
    if not common:
        return "no function was measured on both sides"
    return (
        f"{common} functions cannot be judged with so few runs at an error of {ALPHA:.0%}; record and compare with more:"
        f" --runs {DEFAULT_RUNS} on both sides is enough for a thousand functions"
    )


def _measured(words: Sequence[str], arguments: argparse.Namespace) -> list[Run]:
    path, program = find_program(words)
    runs = []
    for number in range(1, arguments.runs + 1):
        if sys.stderr.isatty():
            print(f"\rrun {number} of {arguments.runs} ", end="", file=sys.stderr, flush=True)
        runs.append(
            measured([path, *program[1:]], instrumented(os.environ), number=number, timeout_s=arguments.timeout)
        )
    if sys.stderr.isatty():
        print("\r" + " " * 30 + "\r", end="", file=sys.stderr, flush=True)
    return runs


def _show(arguments: argparse.Namespace) -> int:
    runs = read_runs(arguments.baseline)
    groups: dict[tuple[str, ...], list[Run]] = {}
    for each in runs:
        at = each.environment
        groups.setdefault((at.python, at.system, at.cpu, f"{at.cpus} processors"), []).append(each)
    if arguments.json:
        print(json.dumps([_group_values(named, group) for named, group in groups.items()], indent=2))
        return 0
    if not groups:
        print(f"{arguments.baseline} holds no run")
    for named, group in groups.items():
        print(f"{', '.join(named)}: {len(group)} runs, {group[0].recorded_at} to {group[-1].recorded_at}")
        for function, values in sorted(medians(group).items(), key=lambda item: -median(item[1])):
            print(
                f"  {function}  {duration(median(values))} ({duration(min(values))} to {duration(max(values))}, {len(values)} runs)"
            )
    return 0


def _group_values(named: Sequence[str], group: Sequence[Run]) -> dict[str, Any]:
    return {
        "environment": ", ".join(named),
        "runs": len(group),
        "first": group[0].recorded_at,
        "last": group[-1].recorded_at,
        "functions": {
            function: {"median_s": median(values), "least_s": min(values), "most_s": max(values), "runs": len(values)}
            for function, values in medians(list(group)).items()
        },
    }


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise OtelAgentError(f"{path} cannot be written: {error.strerror}") from error


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("expected at least 1")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value < 10:  # noqa: PLR2004 - 1000 %
        raise argparse.ArgumentTypeError("expected a share above 0, such as 0.05 for 5 %")
    return value
