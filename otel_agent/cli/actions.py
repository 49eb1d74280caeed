"""The actions of a command that has several, such as `check` and `explain` of `otel-agent config`."""

import argparse
from collections.abc import Iterator, Mapping

__all__ = ["actions"]


def actions(parser: argparse.ArgumentParser, lines: Mapping[str, str]) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """
    Add actions to a command, one of which has to be given; its name is `action` of the parsed arguments.

    Args:
        parser: Parser of the command.
        lines: Name and one line of each action, which begins with a small letter and has no full stop.

    Yields:
        Name and parser of each, for its own arguments.
    """
    added = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, line in lines.items():
        yield name, added.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
