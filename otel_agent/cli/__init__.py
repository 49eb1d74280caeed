"""
The command line `otel-agent`.

Each command is a module of its own with two names: `configure(parser)`, which adds its arguments, and `run(arguments)`, which
returns the exit status. This module only loads the one that was asked for and imports nothing else, so that a command starts in
the time its own work needs.
"""

import argparse
import sys
from collections.abc import Sequence

from otel_agent.errors import OtelAgentError
from otel_agent.late_imports import load

__all__ = ["main"]

COMMANDS = {
    "demo": "a trading agent on real market prices, instrumented by one call",
    "run": "run a Python program instrumented, without changing it",
    "doctor": "say whether telemetry will arrive, and what to do when not",
    "libraries": "say which libraries are instrumented, and what to install for those that are not",
    "config": "check and explain the configuration, or write its JSON Schema",
    "rules": "check, test, export and explain alert rules",
    "collector": "compose the collector's configuration for any backend, and run it",
    "spool": "show what waits on the disk, or send it",
    "redact": "show what redaction would take out of a file, and by which rule",
}
"""Name and one line of every command; the module of its name is loaded when it is asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Args:
        arguments: Words that follow the program's name; those of the process by default.

    Returns:
        The exit status: 0 only when all is well, 2 for wrong usage.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser(next((word for word in given if not word.startswith("-")), None))
    parsed = parser.parse_args(given)
    if parsed.command is None:
        parser.print_help()
        return 2
    try:
        status: int = parsed.run(parsed)
    except OtelAgentError as error:
        print(f"otel-agent: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    return status


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="otel-agent", description="Observability for Python agents.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, line in COMMANDS.items():
        command = commands.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == chosen:
            module = load(f"otel_agent.cli.{name}")
            module.configure(command)
            command.set_defaults(run=module.run)
    return parser
