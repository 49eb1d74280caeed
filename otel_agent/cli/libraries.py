"""
`otel-agent libraries`: which libraries are instrumented, which are not, and what to install.

Everything is read from metadata: no library and no instrumentation is imported.
"""

import argparse
import json
from dataclasses import asdict

from otel_agent.config.loading import load
from otel_agent.instruments.libraries.survey import CONFLICT, LEFT_OUT, MISSING, READY, UNUSED, survey
from otel_agent.telemetry.instrumenting import own_conflicts

__all__ = ["HELP", "configure", "run"]

HELP = "say which libraries are instrumented, and what to install for those that are not"

_SIGNS = {READY: "✓", LEFT_OUT: "-", UNUSED: "-", CONFLICT: "✗", MISSING: "!"}


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Say what can be given.

    Args:
        parser: Of this command.
    """
    parser.add_argument("--config", help="configuration file; default: the one the agent would read")
    parser.add_argument("--environment", help="whose overlay is laid over the file")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(arguments: argparse.Namespace) -> int:
    """
    Look at what is installed.

    Args:
        arguments: As configured.

    Returns:
        1 when an instrumentation does not fit the version of its library, otherwise 0.
    """
    loaded = load({name: getattr(arguments, name) for name in ("config", "environment")})
    found = survey(loaded.config.instrument.libraries, own_conflicts())
    if arguments.json:
        print(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
    else:
        width = max((len(each.name) for each in found), default=0)
        for each in found:
            remedy = f": pip install {each.install}" if each.install else ""
            print(f"{_SIGNS[each.state]} {each.name:{width}}  {each.message}{remedy}")
    return int(any(each.state == CONFLICT for each in found))
