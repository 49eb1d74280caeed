"""
`otel-agent run`: any Python program, instrumented without touching it.

The command takes the place of this process, with the same standard streams, signals and exit status. Settings travel as
`OTEL_AGENT_*` and `OTEL_*` variables, so Python programs the agent starts are instrumented too.
"""

import argparse
import os
import sys

from otel_agent.cli.programs import find_program, instrumented
from otel_agent.config.sources.variables import STARTED_BY
from otel_agent.errors import OtelAgentError

__all__ = ["configure", "run"]

_VARIABLES = {
    "service_name": "OTEL_SERVICE_NAME",
    "endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT",
    "protocol": "OTEL_EXPORTER_OTLP_PROTOCOL",
    "config": "OTEL_AGENT_CONFIG",
    "environment": "OTEL_AGENT_ENVIRONMENT",
    "modules": "OTEL_AGENT_INSTRUMENT__MODULES",
    "export": "OTEL_AGENT_EXPORT__TO",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Add the arguments of the command.

    Args:
        parser: Parser of this command.
    """
    parser.add_argument("--service-name", help="service name of the agent")
    parser.add_argument("--endpoint", help="OTLP endpoint, such as http://127.0.0.1:4318")
    parser.add_argument("--protocol", choices=("http/protobuf", "grpc"), help="OTLP protocol")
    parser.add_argument("--config", help="configuration file")
    parser.add_argument(
        "--environment", help="environment whose overlay file is merged over the configuration, such as production"
    )
    parser.add_argument(
        "--modules",
        action="append",
        help="module whose functions get spans, with all below it; '!trader.feed' takes away; can be given again. Default: the agent's own",
    )
    parser.add_argument("--export", help="otlp, console, file or none")
    parser.add_argument("program", nargs=argparse.REMAINDER, help="the command line of the program")


def run(arguments: argparse.Namespace) -> int:
    """
    Replace this process by the program.

    Args:
        arguments: Parsed arguments of this command.

    Returns:
        2 for wrong usage; otherwise it does not return.

    Raises:
        OtelAgentError: There is no such program, or it cannot be executed.
    """
    program = arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
    if not program:
        print("otel-agent run: no program given; for example: otel-agent run -- python agent.py", file=sys.stderr)
        return 2
    path, program = find_program(program)
    try:
        os.execve(path, program, _environment(arguments))  # noqa: S606 - the user's own command
    except OSError as error:
        raise OtelAgentError(f"{path} cannot be executed: {error.strerror}") from error


def _environment(arguments: argparse.Namespace) -> dict[str, str]:
    environment = dict(os.environ)
    for argument, variable in _VARIABLES.items():
        value = getattr(arguments, argument)
        if value is not None:
            environment[variable] = ",".join(value) if isinstance(value, list) else value
    environment[STARTED_BY] = str(os.getpid())
    return instrumented(environment)
