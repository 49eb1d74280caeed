"""`otel-agent memory`: what grows in a running agent, and which lines allocate it."""

import argparse
import json

from otel_agent.cli.asking import ask

__all__ = ["HELP", "configure", "run"]

HELP = "say what grows in a running agent's memory, and which lines allocate it"


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Say what can be given.

    Args:
        parser: Of this command.
    """
    parser.add_argument("pid", type=int, metavar="PID", help="process of the agent")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="how long to look, in seconds; default 10, at most 60"
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(arguments: argparse.Namespace) -> int:
    """
    Show what grows.

    Args:
        arguments: As configured.

    Returns:
        0 when that is known.
    """
    seconds = min(max(arguments.seconds, 0.1), 60.0)
    found = ask(arguments.pid, "memory", timeout_s=seconds + 30, seconds=seconds)
    print(json.dumps(found, indent=2, ensure_ascii=False) if arguments.json else found["growth"])
    return 0
