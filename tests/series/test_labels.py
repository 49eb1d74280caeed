"""A set of labels is a value: equal ones are the same key, and nothing changes it."""

import pytest

from otel_agent.series.labels import DERIVED_LIMIT, EMPTY, Labels


def test_an_empty_value_is_no_label() -> None:
    """A label with an empty value and a missing label make the same set, with the same hash."""
    with_empty, without = Labels({"a": "1", "b": ""}), Labels({"a": "1"})

    assert without == with_empty
    assert hash(without) == hash(with_empty)
    assert "" == with_empty.get("b")


def test_a_label_is_asked_for_as_in_a_dictionary() -> None:
    """By brackets, where it has to be there, and by `in`."""
    labels = Labels({"a": "1"})

    assert ("1", True, False) == (labels["a"], "a" in labels, "b" in labels)
    with pytest.raises(KeyError, match="b"):
        labels["b"]


def test_labels_are_kept_and_dropped_by_name() -> None:
    """`keep` leaves only the labels named, `drop` all others, and the name never stays by `drop`."""
    labels = Labels({"__name__": "m", "a": "1", "b": "2"})

    assert Labels({"a": "1"}) == labels.keep(("a", "missing"))
    assert Labels({"b": "2"}) == labels.drop(("a",))
    assert Labels({"a": "1", "b": "2"}) == labels.nameless
    assert EMPTY.nameless is EMPTY


def test_derived_sets_are_remembered_within_a_bound() -> None:
    """Asking again gives the same object, and asking for ever more does not grow what is remembered."""
    labels = Labels({"a": "1"})
    first = labels.keep(("a",))

    assert first is labels.keep(("a",))
    for number in range(3 * DERIVED_LIMIT):
        labels.keep((f"other{number}",))
    assert len(labels._derived or ()) <= DERIVED_LIMIT


def test_changes_make_another_set() -> None:
    """A changed label is set, one that becomes empty is taken away, and the first set stays as it is."""
    labels = Labels({"a": "1", "b": "2"})

    assert Labels({"a": "3", "c": "4"}) == labels.replace({"a": "3", "b": "", "c": "4"})
    assert {"a": "1", "b": "2"} == labels.as_dict()


def test_a_set_is_written_as_prometheus_writes_it() -> None:
    """The name stands before the braces, labels are sorted, and values are escaped."""
    assert 'm{a="\\"x\\"", b="y\\nz"}' == repr(Labels({"__name__": "m", "b": "y\nz", "a": '"x"'}))
    assert "m" == repr(Labels({"__name__": "m"}))
    assert "{}" == repr(EMPTY)
