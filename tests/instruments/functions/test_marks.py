"""The mark on decorated functions."""

import functools
from typing import Any

import pytest

from otel_agent.instruments.functions.decorators import timed, traced
from otel_agent.instruments.functions.marks import is_decorated


def plain() -> None:
    """A function under no decorator."""


@pytest.mark.parametrize("decorate", [traced, timed])
def test_the_mark_is_seen_through_other_decorators(decorate: Any) -> None:
    """What wraps a decorated function with `functools.wraps` is marked too."""
    decorated = decorate(plain)

    assert is_decorated(decorated)
    assert is_decorated(functools.wraps(decorated)(lambda: 1))


@pytest.mark.parametrize("member", [plain, len, int, 5, None])
def test_nothing_else_is_marked(member: object) -> None:
    """Functions, builtins, classes and values are not."""
    assert not is_decorated(member)
