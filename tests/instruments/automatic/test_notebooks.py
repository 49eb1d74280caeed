"""A notebook's script goes on with every cell."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from otel_agent.instruments.automatic.notebooks import follow_notebook


class NotedScript:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def expect_script(self) -> None:
        """A cell begins."""
        self.told.append("before")

    def look_at_script_again(self) -> None:
        """A cell has run."""
        self.told.append("after")


def test_cells_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before each cell its code is waited for, and after it what it left is looked at."""
    registered: dict[str, Callable[[Any], None]] = {}
    shell = SimpleNamespace(events=SimpleNamespace(register=registered.__setitem__))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    script = NotedScript()

    assert follow_notebook(script)
    registered["pre_run_cell"](None)
    registered["post_run_cell"](None)
    assert ["before", "after"] == script.told


def test_elsewhere_nothing_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither without IPython nor where it is imported and no shell runs."""
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    without = follow_notebook(NotedScript())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))

    assert (False, False) == (without, follow_notebook(NotedScript()))
