"""
What redaction would take out of a file, and by which rule.

People try their own data before they trust the rules: `otel-agent redact agent.log`, or `… | otel-agent redact -`. Nothing is
changed and nothing is sent; what would be taken out is shown by its first two characters only, because terminals are read
over shoulders.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from otel_agent.config.loading import load
from otel_agent.errors import OtelAgentError
from otel_agent.redaction.issuer_table import issuer_table
from otel_agent.redaction.redactor import Redactor

__all__ = ["HELP", "configure", "run"]

HELP = "show what redaction would take out of a file, and by which rule"

_BLOCK_CHARS = 1 << 17
"""Characters that are looked at together; a file is parted at the ends of lines."""

_SHOWN_CHARS = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Say what can be given.

    Args:
        parser: Of this command.
    """
    parser.add_argument("file", nargs="?", help="file of text, logs or JSON; -: what comes in")
    parser.add_argument("--config", type=Path, help="otel-agent.yaml whose `redact` is used")
    parser.add_argument("--text", action="store_true", help="write the text as it would leave, instead of a list")
    parser.add_argument("--check", action="store_true", help="end with status 1 when something would be taken out")
    parser.add_argument(
        "--rules", action="store_true", help="list the tokens that are known by their form, in Markdown"
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(arguments: argparse.Namespace) -> int:
    """
    Show what would be taken out.

    Args:
        arguments: As configured.

    Returns:
        0; with `--check` 1 when something would be taken out.

    Raises:
        OtelAgentError: The file cannot be read, or none was given.
    """
    if arguments.rules:
        print(issuer_table())
        return 0
    if arguments.file is None:
        raise OtelAgentError("which file? Give its name, or - for what comes in")
    redactor = _redactor(arguments.config)
    if arguments.file == "-":
        return _shown(sys.stdin, "-", redactor, arguments)
    try:
        with Path(arguments.file).open(encoding="utf-8", errors="replace") as stream:
            return _shown(stream, arguments.file, redactor, arguments)
    except OSError as error:
        raise OtelAgentError(f"{arguments.file} cannot be read: {error.strerror}") from error


def _redactor(path: Path | None) -> Redactor:
    if path is None:
        return Redactor(is_bounded=False)
    settings = load({"config": path}).config.redact
    redactor = Redactor(settings.keys, settings.values, enabled=settings.enabled, keep=settings.keep, is_bounded=False)
    for problem in redactor.problems:
        print(problem, file=sys.stderr)
    return redactor


def _shown(stream: TextIO, name: str, redactor: Redactor, arguments: argparse.Namespace) -> int:
    counts: Counter[str] = Counter()
    found: list[dict[str, Any]] = []
    for first_line, block in _blocks(stream):
        if arguments.text:
            cleaned = redactor.text(block)
            counts["changed"] += cleaned != block
            print(cleaned, end="")
            continue
        for row in _rows(first_line, block, redactor):
            counts[row["rule"]] += 1
            if arguments.json:
                found.append(row)
            else:
                print(
                    f"{name}:{row['line']}:{row['column']}: {row['rule']}: {row['begins']}… ({row['characters']} characters)"
                )
    if arguments.json and not arguments.text:
        print(json.dumps(found, indent=2))
    elif not arguments.text:
        total = sum(counts.values())
        kinds = ", ".join(f"{rule} {count}" for rule, count in counts.most_common())
        print(f"{total} would be taken out: {kinds}" if total else "nothing would be taken out")
    return int(arguments.check and counts.total() > 0)


def _rows(first_line: int, block: str, redactor: Redactor) -> Iterator[dict[str, Any]]:
    line, line_start, position = first_line, 0, 0
    for start, end, rule in redactor.findings(block):
        line += block.count("\n", position, start)
        line_start = block.rfind("\n", 0, start) + 1
        position = start
        yield {
            "line": line,
            "column": start - line_start + 1,
            "rule": rule,
            "begins": block[start : start + _SHOWN_CHARS],
            "characters": end - start,
        }


def _blocks(stream: TextIO) -> Iterator[tuple[int, str]]:
    """Pieces of a file that end with a line, and the number of the first line of each."""
    first, count, size = 1, 0, 0
    lines: list[str] = []
    for text in stream:
        lines.append(text)
        size += len(text)
        count += 1
        if size >= _BLOCK_CHARS:
            yield first, "".join(lines)
            first, count, size, lines = first + count, 0, 0, []
    if lines:
        yield first, "".join(lines)
