"""
What Python imports before the agent's first line when it was started by `otel-agent run`.

It calls `otel_agent.init()` and then hands over to a `sitecustomize` of the agent's own environment, if there is one. Nothing
here may keep the agent from starting: what fails is said in one line on standard error.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

__all__: list[str] = []


def _begin() -> None:
    try:
        import otel_agent

        otel_agent.init()
    except Exception as error:  # noqa: BLE001 - the agent starts, observed or not
        print(f"otel-agent: the agent runs unobserved: {type(error).__name__}: {error}", file=sys.stderr)


def _hand_over() -> None:
    here = Path(__file__).parent
    elsewhere = [entry for entry in sys.path if entry and Path(entry).absolute() != here]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_begin()
_hand_over()
