"""`otel-agent findings`: what a running agent has found, or what a file holds that an agent has written."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from otel_agent.catalog import attributes as a
from otel_agent.cli.asking import ask, is_pid
from otel_agent.errors import OtelAgentError
from otel_agent.insight.findings import Finding

__all__ = ["HELP", "configure", "run"]

HELP = "say what can be made better in a running agent, or in what it has written"

_FIELDS = {
    a.AGENT_FINDING_RULE.name: "rule",
    a.AGENT_FINDING_SUBJECT.name: "subject",
    a.AGENT_FINDING_PLACE.name: "place",
    a.AGENT_FINDING_FINGERPRINT.name: "fingerprint",
    a.AGENT_FINDING_CONFIDENCE.name: "confidence",
    a.AGENT_FINDING_SAVING.name: "saving_s_per_min",
    a.AGENT_FINDING_FIX.name: "fix",
    a.AGENT_FINDING_EVIDENCE.name: "evidence",
}
_DEFAULTS: Mapping[str, Any] = {"place": "", "evidence": {}, "saving_s_per_min": None, "confidence": 0.0, "fix": ""}


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Say what can be given.

    Args:
        parser: Of this command.
    """
    parser.add_argument(
        "source",
        metavar="PID|FILE",
        help="a running agent's process, or a file of JSON lines with its log events or findings",
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(arguments: argparse.Namespace) -> int:
    """
    Show findings, most saving first.

    Args:
        arguments: As configured.

    Returns:
        0 when there is none, otherwise 1.
    """
    found = ask(int(arguments.source), "findings") if is_pid(arguments.source) else list(_read(Path(arguments.source)))
    if arguments.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for each in found:
            print(Finding(**{**_DEFAULTS, **each, "trace_ids": tuple(each.get("trace_ids", ()))}))
        if not found:
            print("nothing was found")
    return int(bool(found))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise OtelAgentError(
            f"{path} cannot be read: {error.strerror}; give the number of a process or a file"
        ) from error
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        for each in _within(value):
            found[str(each.get("fingerprint") or f"{each['rule']} {each['subject']}")] = each
    yield from sorted(found.values(), key=lambda each: -(each.get("saving_s_per_min") or 0.0))


def _within(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Findings anywhere in a value: as they are, as attributes of a log line, or as a record of OTLP."""
    if depth > 12:  # noqa: PLR2004 - deeper than any record of OTLP
        return
    if isinstance(value, list):
        for each in value:
            yield from _within(each, depth + 1)
    elif isinstance(value, dict):
        if {"rule", "subject", "fix"} <= value.keys():
            yield {key: part for key, part in value.items() if key in Finding.__dataclass_fields__}
            return
        attributes = value.get("attributes")
        flat = _flat(attributes) if isinstance(attributes, list) else attributes if isinstance(attributes, dict) else {}
        if a.AGENT_FINDING_RULE.name in flat:
            yield _of_attributes(flat)
            return
        for each in value.values():
            yield from _within(each, depth + 1)


def _flat(attributes: list[Any]) -> dict[str, Any]:
    return {
        str(each.get("key")): next(iter(each["value"].values()), None)
        for each in attributes
        if isinstance(each, dict) and isinstance(each.get("value"), dict)
    }


def _of_attributes(flat: Mapping[str, Any]) -> dict[str, Any]:
    found = {field: flat[name] for name, field in _FIELDS.items() if name in flat}
    if isinstance(found.get("evidence"), str):
        try:
            found["evidence"] = json.loads(found["evidence"])
        except ValueError:
            found["evidence"] = {}
    return {"subject": "", **found}
