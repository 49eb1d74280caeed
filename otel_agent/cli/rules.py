"""
Rules checked, tested, exported and explained, without an agent.

`check` validates rule files and shorthand and prints every mistake. `test` runs promtool's unit tests. `export` writes what
Prometheus reads. `explain` shows what a rule is, what it reads, and what it compiles to.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from otel_agent.alerts.loading import load_rules, read_defaults
from otel_agent.alerts.rules.export import export_groups, export_warnings
from otel_agent.alerts.rules.files import RuleSet, read_file
from otel_agent.alerts.rules.model import Rule, RuleGroup
from otel_agent.alerts.unit_tests import run_test_file
from otel_agent.cli.actions import actions
from otel_agent.config.durations import duration_text
from otel_agent.config.loading import load
from otel_agent.errors import RuleError
from otel_agent.outgoing_texts import counted

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Add the arguments of the command.

    Args:
        parser: Parser of this command.
    """
    lines = {
        "check": "validate rule files, or the rules of a configuration; every mistake is printed",
        "test": "run promtool's unit tests",
        "export": "write rules as a file for Prometheus",
        "explain": "show what a rule reads and compiles to",
    }
    for name, command in actions(parser, lines):
        if name == "explain":
            command.add_argument("name", help="name of the rule")
        command.add_argument("files", nargs="+" if name == "test" else "*", help="rule files, or otel-agent.yaml")
        if name != "test":
            command.add_argument("--defaults", action="store_true", help="with the rules that come with the package")
        if name == "export":
            command.add_argument("--prometheus", action="store_true", help="in Prometheus's format, the only one")
            command.add_argument("--output", type=Path, help="file to write, instead of the terminal")
        command.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """
    Run the chosen action.

    Args:
        arguments: Parsed arguments of this command.

    Returns:
        0 when rules are valid and tests pass, 1 otherwise.
    """
    actions = {"check": _check, "test": _test, "export": _export, "explain": _explain}
    return actions[arguments.action](arguments)


def _load(arguments: argparse.Namespace) -> RuleSet:
    found = RuleSet(())
    for name in arguments.files:
        found = found.joined(_read(Path(name)))
    if arguments.defaults or not arguments.files:
        found = found.joined(read_defaults())
    return found


def _read(path: Path) -> RuleSet:
    """A rule file; or the rules of a configuration, which has a key `alerts` instead of `groups`."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        content = None
    if not isinstance(content, dict) or "alerts" not in content or "groups" in content:
        return read_file(path)
    loaded = load({"config": path})
    about_alerts = tuple(line for line in loaded.problems if ": alerts" in line)
    rules = load_rules(loaded.config.alerts)
    return RuleSet(rules.groups, (*about_alerts, *map(loaded.located, rules.problems)))


def _check(arguments: argparse.Namespace) -> int:
    rules = _load(arguments)
    if arguments.json:
        print(json.dumps({"rules": len(rules.rules), "problems": list(rules.problems)}, indent=2))
    else:
        for problem in rules.problems:
            print(problem, file=sys.stderr)
        alerts = sum(not rule.is_recording for rule in rules.rules)
        print(
            f"{counted(alerts, 'alert')} and {counted(len(rules.rules) - alerts, 'recording rule')} in {counted(len(rules.groups), 'group')} can be used"
        )
        if rules.problems:
            print(counted(len(rules.problems), "mistake"), file=sys.stderr)
    return int(bool(rules.problems))


def _test(arguments: argparse.Namespace) -> int:
    """Each file is said as soon as it is through, so that many of them can be watched."""
    results = {}
    for name in dict.fromkeys(arguments.files):
        results[name] = failures = run_test_file(name)
        if arguments.json:
            continue
        print(f"{'FAILED' if failures else 'passed'}  {name}", flush=True)
        for failure in failures:
            print(f"  {failure}", file=sys.stderr, flush=True)
    if arguments.json:
        told = {name: {"passed": not failures, "failures": failures} for name, failures in results.items()}
        print(json.dumps(told, indent=2))
    return int(any(results.values()))


def _export(arguments: argparse.Namespace) -> int:
    rules = _load(arguments)
    for problem in (*rules.problems, *export_warnings(rules.groups)):
        print(problem, file=sys.stderr)
    text = (
        json.dumps(yaml.safe_load(export_groups(rules.groups)), indent=2)
        if arguments.json
        else export_groups(rules.groups)
    )
    if arguments.output is None:
        print(text, end="" if text.endswith("\n") else "\n")
    else:
        arguments.output.write_text(text, encoding="utf-8")
    return int(bool(rules.problems))


def _explain(arguments: argparse.Namespace) -> int:
    rules = _load(arguments)
    found = [(group, rule) for group in rules.groups for rule in group.rules if rule.name == arguments.name]
    if not found:
        known = ", ".join(sorted({rule.name for rule in rules.rules})) or "none"
        raise RuleError([f"unknown rule {arguments.name!r}; known are {known}", *rules.problems])
    facts = [_facts(group, rule) for group, rule in found]
    if arguments.json:
        print(json.dumps(facts, indent=2))
        return 0
    for fact in facts:
        width = max(map(len, fact))
        for name, value in fact.items():
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            print(f"{name:<{width}}  {text}")
    return 0


def _facts(group: RuleGroup, rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "kind": "recording rule" if rule.is_recording else "alert",
        "from": rule.source,
        "group": f"{group.name}, every {duration_text(group.interval_s)}{', and at once when it happens' if group.is_woken else ''}",
        "expression": rule.expression.text,
        "reads": list(rule.expression.names),
        "looks back": duration_text(rule.expression.reach_ms / 1000),
        "fires after": "at once" if not rule.hold_s else duration_text(rule.hold_s),
        "keeps firing for": duration_text(rule.keep_firing_for_s),
        "labels": [f"{name}={template.text}" for name, template in rule.labels.items()],
        "annotations": [f"{name}: {template.text}" for name, template in rule.annotations.items()],
    }
