"""Spans for the functions of chosen modules, from the installation to its end."""

from typing import Any

import pytest


def test_functions_are_traced_as_their_module_is_imported(rig: Any) -> None:
    """A module imported after the installation needs no line of its own."""
    handle = rig.install("trader_under_test.*")

    assert ("ACME", 2, False) == rig.desk().decide("ACME", size=2, paper=False)
    assert ["decide"] == rig.names()
    assert "trader_under_test.desk.decide" in handle.functions


def test_functions_are_traced_when_their_module_is_there_already(rig: Any) -> None:
    """Whoever holds a function already, a registry or a name imported from elsewhere, calls the traced one."""
    held = rig.desk().REGISTRY[0]
    rig.install("trader_under_test.desk")
    held("ACME")

    assert ["decide"] == rig.names()


def test_everything_is_put_back(rig: Any) -> None:
    """After `close` functions have their own code, and modules are not looked at."""
    module = rig.desk()
    code = module.decide.__code__
    handle = rig.install("trader_under_test.desk")
    traced = module.decide.__code__
    handle.close()
    handle.close()
    module.decide("ACME")

    assert code is module.decide.__code__
    assert code is not traced
    assert not hasattr(module.decide, "__wrapped__")
    assert [] == rig.names()


def test_what_is_defined_later_is_found_by_looking_again(rig: Any) -> None:
    """A script defines its functions after it has called `init`."""
    handle = rig.install("trader_under_test.desk")
    module = rig.desk()
    exec("def late(): return 1", vars(module))
    handle.rescan()
    rig.queue.items.clear()
    module.late()
    handle.rescan()
    module.late()

    assert ["late", "late"] == rig.names()


def test_durations_are_told_of_every_call(rig: Any) -> None:
    """Quick calls have no span and are counted all the same, with the error they ended with."""
    told: list[tuple[str, str | None]] = []
    rig.install(
        "trader_under_test.desk", min_duration_s=9, observe=lambda name: lambda ns, error: told.append((name, error))
    )
    module = rig.desk()
    told.clear()
    module.quick()
    with pytest.raises(ValueError, match="no"):
        module.risky()

    assert [("trader_under_test.desk.quick", None), ("trader_under_test.desk.risky", "ValueError")] == told
