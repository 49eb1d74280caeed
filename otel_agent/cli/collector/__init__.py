"""
The collector's configuration, composed; and the collector, run with it.

`config` prints one configuration out of the base and any number of backends. `run` replaces this process by a collector that
has it. `backends` lists what there is. Without a backend there is no configuration: a collector would answer every agent and
throw everything away; a signal that none of the backends takes is named.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NoReturn

from otel_agent.cli.actions import actions
from otel_agent.cli.collector.composition import (
    ConfigurationFragment,
    find,
    missing_variables,
    parts,
    read_base,
    render,
    unserved_signals,
    wrong_variables,
)
from otel_agent.cli.collector.headers import as_maps
from otel_agent.errors import ConfigurationError

__all__ = ["configure", "run"]

CONTRIB = "otelcol-contrib"
"""The contrib distribution, which has every component but our own."""
PROGRAMS = ("otelcol-agent", CONTRIB)
"""Collectors that can be run; the first one found is."""
NONE = "none"
"""In the place of a backend: the base alone, for a backend that is written by hand."""


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Add the arguments of the command.

    Args:
        parser: Parser of this command.
    """
    lines = {
        "config": "print one configuration for the backends that are named",
        "run": "run the collector with that configuration, in the place of this command",
        "backends": "list the backends and options there are, and the variables they read",
    }
    for name, command in actions(parser, lines):
        if name == "backends":
            command.add_argument("--json", action="store_true", help="print JSON")
            continue
        command.add_argument(
            "--backend",
            action="append",
            default=[],
            metavar="NAME",
            help="backend that telemetry is sent to; may be repeated, or several with commas; `none` for the base alone",
        )
        command.add_argument(
            "--with",
            dest="options",
            action="append",
            default=[],
            metavar="OPTION",
            help="processing before it is sent; may be repeated, or several with commas",
        )
        if name == "config":
            command.add_argument("--contrib", action="store_true", help="for the collector's contrib distribution")
        if name == "run":
            command.add_argument("--program", help="the collector to run; default: the one in build/ or on the path")


def run(arguments: argparse.Namespace) -> int:
    """
    Run the chosen action.

    Args:
        arguments: Parsed arguments of this command.

    Returns:
        0; the action `run` does not return, and the status is then the collector's.

    Raises:
        ConfigurationError: No backend is named, a name is unknown, a variable is not set or cannot be right, or no collector is
            found.
    """
    actions: dict[str, Callable[[argparse.Namespace], int]] = {"config": _config, "run": _run, "backends": _backends}
    return actions[arguments.action](arguments)


def _chosen(arguments: argparse.Namespace) -> tuple[ConfigurationFragment, ...]:
    options = find("option", _names(arguments.options))
    backends = find("backend", (name for name in _names(arguments.backend) if name != NONE))
    if not _names(arguments.backend):
        raise ConfigurationError(
            [
                (
                    "no backend is named, so the collector would answer everything and throw it away: --backend NAME;"
                    f" `otel-agent collector backends` lists them, and --backend {NONE} is for one of your own"
                )
            ]
        )
    unserved = unserved_signals(backends)
    if unserved and backends:
        # Standard output is the configuration, so this goes beside it.
        print(
            f"otel-agent: {' and '.join(unserved)} go nowhere: none of the backends takes them,"
            " so the collector answers for them and throws them away",
            file=sys.stderr,
        )
    return (read_base(), *options, *backends)


def _names(given: Iterable[str]) -> list[str]:
    """Names as they were given, one at a time or several with commas between."""
    return [name.strip() for several in given for name in several.split(",") if name.strip()]


def _command(arguments: argparse.Namespace, *, contrib: bool) -> str:
    words = [f"--with {name}" for name in _names(arguments.options)]
    words += [f"--backend {name}" for name in _names(arguments.backend)]
    return " ".join(["otel-agent collector config", *words, *(["--contrib"] if contrib else [])])


def _config(arguments: argparse.Namespace) -> int:
    contrib: bool = arguments.contrib
    print(render(_chosen(arguments), _command(arguments, contrib=contrib), contrib=contrib), end="")
    return 0


def _run(arguments: argparse.Namespace) -> NoReturn:
    chosen = _chosen(arguments)
    problems = [*missing_variables(chosen, os.environ), *wrong_variables(chosen, os.environ)]
    if problems:
        raise ConfigurationError(problems)
    headers = as_maps({variable.name for part in chosen for variable in part.variables}, os.environ)
    program = _program(arguments.program)
    contrib = Path(program).name == CONTRIB
    configuration = render(chosen, _command(arguments, contrib=contrib), contrib=contrib)
    sys.stdout.flush()
    os.execve(  # noqa: S606 - the program was named by its user, and no shell is between
        program,
        [program, f"--config=yaml:{configuration}"],
        {**os.environ, **headers, "OTELCOL_STATE_DIRECTORY": _state_directory(os.environ)},
    )


def _program(given: str | None) -> str:
    places = f"build{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    found = next(filter(None, (shutil.which(name, path=places) for name in ([given] if given else PROGRAMS))), None)
    if found is None:
        wanted = repr(given) if given else " or ".join(PROGRAMS)
        raise ConfigurationError(
            [
                f"collector not found in build/ or on the PATH: {wanted}; `make collector` builds one, `--program` names one"
            ]
        )
    return found


def _state_directory(environ: Mapping[str, str]) -> str:
    home = Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return environ.get("OTELCOL_STATE_DIRECTORY") or str(home / "otel-agent" / "collector")


def _backends(arguments: argparse.Namespace) -> int:
    known = {"backend": parts("backend"), "option": parts("option")}
    if arguments.json:
        print(
            json.dumps(
                {f"{kind}s": {name: _facts(part) for name, part in found.items()} for kind, found in known.items()},
                indent=2,
            )
        )
        return 0
    width = max(len(name) for found in known.values() for name in found)
    for kind, found in known.items():
        print(f"{kind}s, for --{'backend' if kind == 'backend' else 'with'}:")
        for name, part in found.items():
            needed = [variable.name for variable in part.variables if variable.default is None]
            needs = f" (needs {', '.join(needed)})" if needed else ""
            print(f"  {name:<{width}}  {part.description}{needs}")
    return 0


def _facts(part: ConfigurationFragment) -> dict[str, object]:
    return {
        "description": part.description,
        "signals": part.signals,
        "variables": {variable.name: variable.default for variable in part.variables},
    }
