"""
The configuration checked, explained and described, without an agent.

`check` validates it, alert rules too, and prints every mistake. `explain` shows every setting with its value and where it comes from,
secrets masked. `schema` writes the JSON Schema that editors complete and check `otel-agent.yaml` with.
"""

import argparse
import json
import sys
from dataclasses import dataclass

from otel_agent.alerts.loading import load_rules
from otel_agent.alerts.notify.building import build_notify
from otel_agent.cli.actions import actions
from otel_agent.config.explaining import Explanation, explained
from otel_agent.config.loading import Loaded, load
from otel_agent.config.reference.schema import schema
from otel_agent.outgoing_texts import counted

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Add the arguments of the command.

    Args:
        parser: Parser of this command.
    """
    lines = {
        "check": "validate the configuration and the alert rules it names; every mistake is printed",
        "explain": "show every setting, its value and where it comes from; secrets are masked",
        "schema": "write the JSON Schema of the file, for editors",
    }
    for name, command in actions(parser, lines):
        if name == "schema":
            command.add_argument("--json", action="store_true", help="print JSON, which it does anyway")
            continue
        command.add_argument("file", nargs="?", help="default: the one the agent would read, otel-agent.yaml")
        command.add_argument(
            "--environment", help="environment whose overlay file is merged over the file, such as production"
        )
        command.add_argument("--json", action="store_true", help="print JSON")
        if name == "explain":
            command.add_argument("--given", action="store_true", help="only what is not a default")


def run(arguments: argparse.Namespace) -> int:
    """
    Run the chosen action.

    Args:
        arguments: Parsed arguments of this command.

    Returns:
        0 when it is valid, 1 when there are mistakes.
    """
    if arguments.action == "schema":
        print(json.dumps(schema(), indent=2, ensure_ascii=False))
        return 0
    loaded = load({"config": arguments.file, "environment": arguments.environment})
    findings = _Findings(loaded, loaded.problems + _in_alerts(loaded))
    return _check(arguments, findings) if arguments.action == "check" else _explain(arguments, findings)


@dataclass(frozen=True)
class _Findings:
    """A configuration that was read, and all mistakes in it."""

    loaded: Loaded
    problems: tuple[str, ...]

    def write(self) -> None:
        for line in self.problems:
            print(line, file=sys.stderr)
        for line in self.loaded.warnings:
            print(f"warning: {line}", file=sys.stderr)


def _in_alerts(loaded: Loaded) -> tuple[str, ...]:
    """Mistakes in rules, routes and notifiers, with the line each stands in."""
    alerts = loaded.config.alerts
    rules, notify = load_rules(alerts), build_notify(alerts)
    return tuple(map(loaded.located, (*rules.problems, *notify.problems)))


def _check(arguments: argparse.Namespace, findings: _Findings) -> int:
    files = list(findings.loaded.files)
    if arguments.json:
        answer = {"files": files, "problems": list(findings.problems), "warnings": list(findings.loaded.warnings)}
        print(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        findings.write()
        read = ", ".join(files) or "no file"
        count = len(findings.problems)
        print(f"{read}: {counted(count, 'mistake') if count else 'valid'}")
    return int(bool(findings.problems))


def _explain(arguments: argparse.Namespace, findings: _Findings) -> int:

    def is_shown(row: Explanation) -> bool:
        return row.origin != "default" or not arguments.given

    rows = {path: row for path, row in explained(findings.loaded).items() if is_shown(row)}
    if arguments.json:
        settings = {
            path: {"value": row.value, "origin": row.origin, **({"origins": row.origins} if row.origins else {})}
            for path, row in rows.items()
        }
        answer = {"settings": settings, "problems": list(findings.problems), "warnings": list(findings.loaded.warnings)}
        print(json.dumps(answer, indent=2, ensure_ascii=False, default=str))
        return int(bool(findings.problems))
    lines = []
    for row in rows.values():
        lines += [(part.path, part.text, part.origin) for part in row.parts or (row,) if is_shown(part)]
    widths = [max((len(line[place]) for line in lines), default=0) for place in range(2)]
    for path, text, origin in lines:
        print(f"{path:<{widths[0]}}  {text:<{min(widths[1], 48)}}  {origin}")
    findings.write()
    return int(bool(findings.problems))
