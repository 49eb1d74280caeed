"""Which modules are traced, by patterns of their names."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from otel_agent.instruments.automatic.module_patterns import is_selected, missing_module


def test_a_pattern_without_a_star_is_that_module_alone(rig: Any) -> None:
    """Naming a package does not trace what is below it."""
    rig.install("trader_under_test")
    rig.desk().quick()

    assert [] == rig.names()


def test_the_script_is_known_by_its_own_name(rig: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`__main__` and the name of the script's file both mean the script."""
    main: Any = type(sys)("__main__")
    main.__file__ = str(tmp_path / "agent_script.py")
    exec("def work(): return 1", vars(main))
    monkeypatch.setitem(sys.modules, "__main__", main)
    for pattern in ("__main__", "agent_script"):
        handle = rig.install(pattern)
        assert ((), ("__main__.work",)) == (handle.problems, handle.functions)
        handle.close()


def test_a_module_that_does_not_exist_is_named(rig: Any) -> None:
    """A misspelt module is a problem of the set-up; one that is merely not imported is not."""
    assert () == rig.install("trader_under_test.*", "trader_under_test.desk").problems
    problems = rig.install("tradre", "trader_under_test.desc", "tradre.*").problems

    assert 3 == len(problems)
    assert "there is no module 'tradre'" in problems[0]
    assert "trader_under_test.desc" in problems[1]
    assert "trader_under_test" not in sys.modules


def test_our_own_package_is_never_traced_but_for_its_demonstration(rig: Any) -> None:
    """A pattern that matches everything leaves alone what does the tracing."""
    handle = rig.install("otel_agent.*")
    importlib.import_module("otel_agent.demo.risk")

    assert {"demo"} == {name.split(".")[1] for name in handle.functions}


@pytest.mark.parametrize(
    ("name", "patterns", "expected"),
    [
        ("trader", ["trader"], True),
        ("trader.desk", ["trader"], False),
        ("trader.desk", ["trader.*"], True),
        ("trader", ["trader.*"], False),
        ("trader.desk.orders", ["trader.*"], True),
        ("trader.desk", ["other", "trader.d?sk"], True),
        ("otel_agent.clock", ["*"], False),
        ("otel_agent.demo.risk", ["*"], True),
        ("otel_agents", ["*"], True),
    ],
)
def test_a_module_is_selected_by_any_pattern(name: str, patterns: list[str], expected: bool) -> None:
    """As in `fnmatch`; this package is left alone."""
    assert expected is is_selected(name, patterns)


def test_the_script_goes_by_the_module_it_was_started_as() -> None:
    """`python -m trader.main` is known as `trader.main`; the name alone does not tell."""
    script = ModuleType("__main__")
    script.__spec__ = importlib.machinery.ModuleSpec("trader.main", None)

    assert is_selected("__main__", ["trader.*"], script)
    assert not is_selected("__main__", ["trader.*"])
    assert not is_selected("other", ["trader.*"], script)


@pytest.mark.parametrize("pattern", ["json", "json.decoder", "json.*", "*", "concurrent.futures.thread", "js?n"])
def test_what_can_be_found_is_not_missing(pattern: str) -> None:
    """Nor is a pattern that begins with a wildcard, which might match anything."""
    assert missing_module(pattern) is None


def test_looking_for_a_module_imports_nothing() -> None:
    """A package that is looked into is not run."""
    before = set(sys.modules)

    assert "'antigravity.nothing'" in str(missing_module("antigravity.nothing"))
    assert before == set(sys.modules)
