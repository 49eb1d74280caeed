"""Objects by type."""

import pytest

from otel_agent.insight.memory.type_counts import about_how_many, count_types, instances, type_name


class Order:
    """What is counted."""


class Proud(type):
    """A metaclass whose classes take themselves for equal to all others, and say so."""

    def __eq__(cls, other: object) -> bool:
        raise AssertionError("asked")

    def __hash__(cls) -> int:
        raise AssertionError("asked")


class Lord(metaclass=Proud):
    """One such class."""

    __module__ = "elsewhere"


def test_every_object_is_counted() -> None:
    """By the full name of its type."""
    orders = [Order() for _ in range(1234)]
    found = count_types(10_000_000)

    assert len(orders) == found.counts[f"{__name__}.Order"]
    assert 1 == found.stride
    assert found.objects == sum(found.counts.values())


def test_many_objects_are_sampled() -> None:
    """The estimate is near, and the walk is short."""
    orders = [Order() for _ in range(50_000)]
    found = count_types(20_000)

    assert found.stride >= 3
    assert pytest.approx(len(orders), rel=0.1) == found.counts[f"{__name__}.Order"]


def test_no_class_is_asked_anything() -> None:
    """Neither whether it equals another nor what it is called."""
    lords = [Lord(), Lord()]

    assert len(lords) == count_types(10_000_000).counts["elsewhere.Lord"]


def test_the_newest_objects_of_a_type_are_found() -> None:
    """So many and no more."""
    orders = [Order() for _ in range(20)]
    found = instances({f"{__name__}.Order"}, 5)[f"{__name__}.Order"]

    assert 5 == len(found)
    assert all(each in orders for each in found)
    assert {} == instances({"no.Such"}, 5)


def test_builtins_have_their_bare_name() -> None:
    """As people say them."""
    assert "dict" == type_name(dict)
    assert about_how_many() > 1000
