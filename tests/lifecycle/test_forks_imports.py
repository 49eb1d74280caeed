"""Forks wait for modules that one of our threads is loading."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from otel_agent import primitives
from otel_agent.lifecycle.forks import wait_for_imports


def load(name: str, thread_name: str, monkeypatch: pytest.MonkeyPatch, directory: Path) -> tuple[Any, threading.Event]:
    """Begin to load a module that goes on when the event is set."""
    begun, gone_on = threading.Event(), threading.Event()
    monkeypatch.syspath_prepend(str(directory))
    (directory / f"{name}.py").write_text("import gates\ngates.begun.set()\ngates.gone_on.wait(20)\n")
    gates = type(sys)("gates")
    vars(gates).update(begun=begun, gone_on=gone_on)
    monkeypatch.setitem(sys.modules, "gates", gates)
    kind = primitives.Thread if thread_name.startswith("otel-agent") else threading.Thread
    thread = kind(target=lambda: __import__(name), name=thread_name)
    thread.start()
    assert begun.wait(20)
    return thread, gone_on


def test_a_module_one_of_our_threads_loads_is_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As long as it takes, and not beyond the bound."""
    thread, go_on = load("half_loaded_by_us", "otel-agent-delivery", monkeypatch, tmp_path)
    is_waited_for = not wait_for_imports(0.05)
    go_on.set()
    thread.join(20)

    assert is_waited_for
    assert wait_for_imports(5)


def test_what_the_agent_loads_is_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A fork of the agent is not delayed for the agent's own modules."""
    thread, go_on = load("half_loaded_by_others", "worker", monkeypatch, tmp_path)
    is_free = wait_for_imports(0.05)
    go_on.set()
    thread.join(20)

    assert is_free
