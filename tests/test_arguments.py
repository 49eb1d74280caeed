"""What callers get wrong is said in words that name the argument."""

import inspect
from typing import Any

import pytest

from otel_agent.arguments import function_argument, milliseconds, with_known_names


@with_known_names
def drawn(name: str, /, width_px: int = 3, *, colour: str = "blue") -> tuple[str, int, str]:
    """Draw."""
    return name, width_px, colour


loose: Any = drawn


def test_a_function_stays_what_it_was() -> None:
    """Its signature, its docstring, and what it answers."""
    assert ("a", 4, "red") == drawn("a", 4, colour="red")
    assert ["name", "width_px", "colour"] == list(inspect.signature(drawn).parameters)
    assert "Draw." == drawn.__doc__


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"width": 3}, "drawn: there is no argument 'width'; did you mean width_px?"),
        ({"color": "red"}, "drawn: there is no argument 'color'; did you mean colour?"),
        ({"zzz": 1}, "drawn: there is no argument 'zzz'; there are width_px, colour"),
        ({"name": "b"}, "drawn: there is no argument 'name'; there are width_px, colour"),
    ],
)
def test_another_name_is_refused_with_the_nearest(given: dict[str, object], said: str) -> None:
    """Or with all there are."""
    with pytest.raises(TypeError) as raised:
        loose("a", **given)

    assert said == str(raised.value)


def test_seconds_become_milliseconds() -> None:
    """Whole ones; what is no number, or has no end, is refused."""
    assert [0, 1500, -2000] == [milliseconds("at_s", seconds) for seconds in (0, 1.5, -2)]
    for wrong in ("3", None, True):
        with pytest.raises(TypeError, match="at_s must be a number of seconds"):
            milliseconds("at_s", wrong)
    for endless in (float("nan"), float("inf"), 10**400):
        with pytest.raises(ValueError, match="at_s must be a finite number of seconds"):
            milliseconds("at_s", endless)


def test_a_function_is_what_can_be_called() -> None:
    """It is given back."""
    assert print is function_argument("callback", print)
    with pytest.raises(TypeError, match="callback must be something that can be called, not 5"):
        function_argument("callback", 5)
