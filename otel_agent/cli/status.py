"""`otel-agent status`: `telemetry.status()` of a running agent."""

import argparse
import json

from otel_agent.cli.asking import ask

__all__ = ["HELP", "configure", "run"]

HELP = "show the status of a running agent's telemetry"


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Say what can be given.

    Args:
        parser: Of this command.
    """
    parser.add_argument("pid", type=int, metavar="PID", help="process of the agent")
    parser.add_argument("--json", action="store_true", help="answer in JSON on one line")


def run(arguments: argparse.Namespace) -> int:
    """
    Show the status.

    Args:
        arguments: As configured.

    Returns:
        0 when the agent's health is well, otherwise 1.
    """
    found = ask(arguments.pid, "status")
    print(json.dumps(found, indent=None if arguments.json else 2, ensure_ascii=False))
    return int(found.get("health", {}).get("status") not in {"healthy", "degraded", None})
