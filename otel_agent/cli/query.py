"""`otel-agent query`: PromQL over the recent past of a running agent."""

import argparse
import json

from otel_agent.cli.asking import ask

__all__ = ["HELP", "configure", "run"]

HELP = "ask a running agent's recent past in PromQL"


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Say what can be given.

    Args:
        parser: Of this command.
    """
    parser.add_argument("pid", type=int, metavar="PID", help="process of the agent")
    parser.add_argument("expression", metavar="EXPRESSION", help="in PromQL, such as 'system_memory_utilization_ratio'")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(arguments: argparse.Namespace) -> int:
    """
    Show labels and value of each element.

    Args:
        arguments: As configured.

    Returns:
        0 when there is any, otherwise 1.
    """
    found = ask(arguments.pid, "query", expression=arguments.expression)
    if arguments.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for labels, value in found:
            print(f"{{{', '.join(f'{name}={text!r}' for name, text in labels.items())}}} {value:g}")
    return int(not found)
