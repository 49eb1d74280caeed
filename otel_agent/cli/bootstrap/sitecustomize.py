"""
What Python imports before the agent's first line when it was started by `otel-agent run`.

It calls `otel_agent.init()` and then hands over to a `sitecustomize` of the agent's own environment, if there is one. Nothing
here may keep the agent from starting: what fails is written as one line on standard error.

`import otel_agent` stands inside a function, the one place in the package where an import does: Python executes this file by
itself before anything else, and when the package cannot be imported the agent starts all the same.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

__all__: list[str] = []


def _init() -> None:
    try:
        import otel_agent

        with _agents_modules():
            otel_agent.init()
    except Exception as error:  # noqa: BLE001 - the agent starts, observed or not
        print(f"otel-agent: the agent runs unobserved: {type(error).__name__}: {error}", file=sys.stderr)


@contextmanager
def _agents_modules() -> Iterator[None]:
    """Let the agent's own modules be found while `init` looks for them: Python adds their folder only after this."""
    script = next((word for word in sys.orig_argv[1:] if word.endswith(".py")), "")
    folders = [os.path.dirname(os.path.abspath(script))] if script else [os.getcwd()]  # noqa: PTH100, PTH109, PTH120 - as light as can be
    sys.path[:0] = folders
    try:
        yield
    finally:
        for folder in folders:
            if folder in sys.path:
                sys.path.remove(folder)


def _hand_over() -> None:
    here = Path(__file__).parent
    elsewhere = [entry for entry in sys.path if entry and Path(entry).absolute() != here]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_init()
_hand_over()
