"""Types and lines for people."""

import os
from pathlib import Path

import pytest

from otel_agent.insight.memory.places import is_common, likely_place, line_text, names_type, place


def test_places_are_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the working directory they begin there."""
    monkeypatch.chdir(tmp_path)

    assert "trader/book.py:7" == place(os.path.join(tmp_path, "trader", "book.py"), 7)
    assert "elsewhere/book.py:7" == place("/far/elsewhere/book.py", 7)


def test_types_without_a_module_of_the_agents_are_common() -> None:
    """A builtin, and one of the standard library."""
    assert is_common("dict")
    assert is_common("collections.deque")
    assert not is_common("trader.Order")


def test_the_line_that_names_a_type_is_likely(tmp_path: Path) -> None:
    """The whole name, and of several the one with most blocks."""
    path = str(tmp_path / "book.py")
    Path(path).write_text("a = OrderBook()\nb = Order()\nc = Order()\n")

    assert "b = Order()" == line_text(path, 2)
    assert not names_type("a = OrderBook()", "trader.Order")
    assert (path, 3) == likely_place("trader.Order", {(path, 1): (9, 90), (path, 2): (9, 5), (path, 3): (9, 50)})
    assert None is likely_place("trader.Trade", {(path, 1): (9, 90)})
