"""`otel-agent demo`: the trading agent, replayed."""

import argparse

from otel_agent.errors import MissingExtraError

__all__ = ["HELP", "configure", "run"]

HELP = "a trading agent on real market prices, instrumented by one call"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add days, speed and endlessness."""
    parser.add_argument("--days", type=_at_least_one, default=100, help="trading days to replay (default: 100)")
    parser.add_argument(
        "--speed", type=float, default=10.0, help="trading days a second; 0: as fast as it goes (default: 10)"
    )
    parser.add_argument("--forever", action="store_true", help="start over at the end, until interrupted")


def run(arguments: argparse.Namespace) -> int:
    """
    Replay.

    Returns:
        0.

    Raises:
        MissingExtraError: SQLAlchemy is not installed.
    """
    try:
        from otel_agent.demo.replay import replay
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("otel_agent"):
            raise
        raise MissingExtraError("The demo", "demo") from error
    replay(arguments.days, arguments.speed, forever=arguments.forever)
    return 0


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"at least 1, not {value}")
    return value
