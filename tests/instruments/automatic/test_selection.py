"""Which modules and functions are traced."""

import sys
from pathlib import Path

import pytest

from otel_agent.instruments.automatic.own_code import OwnCode
from otel_agent.instruments.automatic.selection import Selection, missing_module


def selected(names: list[str] | None, folder: Path | str = "/nowhere") -> Selection:
    """A selection whose own files lie in a folder."""
    return Selection(names, OwnCode(str(folder)))


@pytest.mark.parametrize(
    ("names", "module", "expected"),
    [
        (["trader"], "trader", True),
        (["trader"], "trader.book", True),
        (["trader"], "traders", False),
        (["trader.*"], "trader.book", True),
        (["trader.*"], "trader", False),
        (["trader", "!trader.feed"], "trader.feed", False),
        (["trader", "!trader.feed"], "trader.feed.live", False),
        (["trader", "!trader.feed"], "trader.feeds", True),
        (["*"], "otel_agent.guard", False),
        (["*"], "otel_agent.demo.risk", True),
    ],
)
def test_a_name_means_the_module_and_all_below_it(names: list[str], module: str, expected: bool) -> None:
    """And one with an exclamation mark takes as much away; this package is never meant, but for its demonstration."""
    assert expected is selected(names).has_module(module, None)


def test_without_names_the_agent_s_own_files_are_meant(tmp_path: Path) -> None:
    """And what was typed in or given with `-c`; the script of a tool is not."""
    own = selected(None, tmp_path)

    assert own.has_module("trader", str(tmp_path / "trader.py"))
    assert own.has_module("__main__", None)
    assert not own.has_module("__main__", "/usr/lib/tool.py")
    assert not own.has_module("flask", "/elsewhere/flask.py")
    assert not own.has_module("built_in", None)


def test_names_that_only_take_away_leave_the_agent_s_own_rest(tmp_path: Path) -> None:
    """`["!trader.feed"]` is everything of the agent's but that."""
    own = selected(["!trader.feed"], tmp_path)

    assert own.has_module("trader.book", str(tmp_path / "book.py"))
    assert not own.has_module("trader.feed", str(tmp_path / "feed.py"))


def test_single_functions_can_be_taken_away() -> None:
    """By module and qualified name; a class takes its methods along."""
    some = selected(["trader", "!trader.book.Book.mid", "!trader.book.Line"])

    assert some.has_function("trader.book", "Book.add")
    assert not some.has_function("trader.book", "Book.mid")
    assert not some.has_function("trader.book", "Line.total")


def test_a_module_that_does_not_exist_is_named() -> None:
    """A misspelt module is a problem of the set-up; one that is merely not imported is not."""
    assert missing_module("json.tool") is None
    assert missing_module("xml.dom.*") is None
    assert "there is no module 'tradre'" in str(missing_module("tradre.*"))
    assert "json.tols" in str(missing_module("json.tols"))


def test_the_script_is_known_by_its_own_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`__main__` and the name of the script's file both mean the script."""
    main = type(sys)("__main__")
    main.__file__ = str(tmp_path / "agent_script.py")
    monkeypatch.setitem(sys.modules, "__main__", main)

    assert selected(["agent_script"]).has_module("__main__", main.__file__)
    assert () == selected(["agent_script", "__main__"]).missing()
