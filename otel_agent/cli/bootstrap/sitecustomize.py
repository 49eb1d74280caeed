"""
What Python imports before the agent's first line when it was started by `otel-agent run`.

It calls `otel_agent.init()` and then hands over to a `sitecustomize` of the agent's own environment, if there is one. Nothing
here may keep the agent from starting: what fails is written as one line on standard error.

The folder of the program is not on the path yet, and nothing of ours is ever imported from it: it may be anybody's. What the program
would import from there it imports from there, also where a module of the same name was loaded for us.

`import otel_agent` stands inside a function, the one place in the package where an import does: Python executes this file by
itself before anything else, and when the package cannot be imported the agent starts all the same. Any Python 3 may be the one: an
agent starts others, which have neither this package nor the syntax of this one.
"""

import sys

_BEFORE = set(sys.modules)
"""What Python has loaded by itself."""

import os  # noqa: E402 - after the look at what there was
from contextlib import suppress  # noqa: E402
from importlib.machinery import PathFinder  # noqa: E402
from importlib.util import module_from_spec  # noqa: E402

_STARTED_BY = "OTEL_AGENT_RUN_PID"
"""Set by `otel-agent run`: its process, which is the program's as well."""


def _init() -> None:
    if sys.version_info < (3, 11) or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return
    try:
        from otel_agent.cli.bootstrap_path import isolated  # before anything else of ours

        with isolated(_BEFORE):
            import otel_agent

            otel_agent.init()
    except ModuleNotFoundError as error:
        if error.name != "otel_agent" or _is_the_program():
            _say(error)
    except Exception as error:  # noqa: BLE001 - the agent starts, observed or not
        _say(error)


def _is_the_program() -> bool:
    """Whether this is what was started, and not a Python of another environment that it starts: that one need not know us."""
    return os.environ.get(_STARTED_BY, "") in ("", str(os.getpid()))


def _say(error: BaseException) -> None:
    with suppress(Exception):  # there may be nobody to tell
        sys.stderr.write(f"otel-agent: the agent runs unobserved: {type(error).__name__}: {error}\n")


def _hand_over() -> None:
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - as light as can be
    elsewhere = [entry for entry in sys.path if entry and os.path.abspath(entry) != here]  # noqa: PTH100
    # The program sees the path it would have without us; those it starts are told by the environment.
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.abspath(entry) != here]  # noqa: PTH100
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_init()
_hand_over()
