"""`otel-agent demo`: the trading agent, replayed."""

import argparse
from typing import TYPE_CHECKING

from otel_agent.errors import MissingExtraError
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.demo import replay
else:
    replay = late_module("otel_agent.demo.replay")

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Add the arguments of the command.

    Args:
        parser: Parser of this command.
    """
    parser.add_argument("--days", type=_at_least_one, default=100, help="trading days to replay (default: 100)")
    parser.add_argument(
        "--speed", type=float, default=10.0, help="trading days a second; 0: as fast as it goes (default: 10)"
    )
    parser.add_argument("--endpoint", metavar="URL", help="receiver of OTLP to send to; default: draw on the terminal")
    parser.add_argument("--forever", action="store_true", help="start over at the end, until interrupted")


def run(arguments: argparse.Namespace) -> int:
    """
    Replay the trading agent.

    Args:
        arguments: Parsed arguments of this command.

    Returns:
        0.

    Raises:
        MissingExtraError: SQLAlchemy is not installed.
    """
    try:
        trade = replay.replay
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("otel_agent"):
            raise
        raise MissingExtraError("The demo", "demo") from error
    trade(arguments.days, arguments.speed, forever=arguments.forever, endpoint=arguments.endpoint)
    return 0


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"at least 1, not {value}")
    return value
