"""
The command line `otel-agent`.

Each command is a module of its own with two names: `configure(parser)`, which adds its arguments, and `run(arguments)`, which
returns the exit status. This module only loads the one that was asked for and imports nothing else, so that a command starts in
the time its own work needs.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

from otel_agent.errors import OtelAgentError
from otel_agent.late_imports import late_module, load

if TYPE_CHECKING:
    import difflib

    from otel_agent.config import own_version
else:
    difflib = late_module("difflib")
    own_version = late_module("otel_agent.config.own_version")

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
    "baseline": "record how long functions take, and say which have become slower",
    "findings": "say what can be made better in a running agent, or in what it has written",
    "memory": "say what grows in a running agent's memory, and which lines allocate it",
    "status": "show the status of a running agent's telemetry",
    "query": "ask a running agent's recent past in PromQL",
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
    if parsed.version:
        print(f"otel-agent {own_version.__version__}")
        return 0
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


class _Parser(argparse.ArgumentParser):
    """A parser that answers a misspelt command, action, choice or option with the nearest there is."""

    def error(self, message: str) -> NoReturn:
        """
        Say what is wrong and end with status 2.

        Args:
            message: As argparse has it.
        """
        choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)$", message)
        option = re.fullmatch(r"unrecognized arguments: (--[\w-]+).*", message)
        near: list[str] = []
        if choice:
            own = [text for action in self._actions for text in action.option_strings]
            near = difflib.get_close_matches(choice[1], [*(word.strip(" '") for word in choice[2].split(",")), *own], 1)
        elif option:
            options = list(_options(self))
            near = difflib.get_close_matches(option[1], options, 1, 0.7) if option[1] not in options else []
        super().error(f"{message}; did you mean {near[0]}?" if near else message)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Options of a parser and of the parsers below it."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        yield from action.option_strings
        for below in action.choices.values() if isinstance(action.choices, dict) else ():
            yield from _options(below)


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = _Parser(prog="otel-agent", description="Observability for Python agents.")
    parser.add_argument("--version", action="store_true", help="print the version of otel-agent")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, line in COMMANDS.items():
        command = commands.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == chosen:
            module = load(f"otel_agent.cli.{name}")
            module.configure(command)
            command.set_defaults(run=module.run)
    return parser
