"""
One real call of one library, by an agent that does nothing but call `init` and use it.

    python tests/end_to_end/library_calls NAME ENDPOINT [ADDRESS OF POSTGRESQL]

Prints the status of the library's instrumentation as `init` left it and as it is when the library has been used.
"""

import json
import sys

import clients
import databases
import messages
import others
import web

import otel_agent

CALLS = {**clients.CALLS, **databases.CALLS, **messages.CALLS, **others.CALLS, **web.CALLS}


def main(name: str, endpoint: str, *more: str) -> None:
    """Observe, call, tell."""
    telemetry = otel_agent.init("library-calls", endpoint=endpoint, spool=False)
    before = telemetry.status()["libraries"].get(name)
    CALLS[name](*more)
    after = telemetry.status()["libraries"].get(name)
    telemetry.shutdown(20)
    print(json.dumps({"before": before, "after": after, "failures": telemetry.status()["failures"]}))


main(*sys.argv[1:])
