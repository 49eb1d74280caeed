"""Readings are plain values in the units of the metrics."""

import pytest

from otel_agent.instruments.machine import readings


@pytest.mark.parametrize("name", [name for name in readings.__all__ if name.endswith("Reading")])
def test_a_reading_does_not_change(name: str) -> None:
    """What was read at one moment stays so for whoever compares it with the next."""
    kind = getattr(readings, name)
    made = kind(*range(len(kind._fields)))

    with pytest.raises(AttributeError):
        setattr(made, kind._fields[0], 1)
    assert kind(*range(len(kind._fields))) == made


def test_what_a_platform_does_not_tell_is_empty() -> None:
    """A reading needs CPU and memory only."""
    found = readings.HostReading(0.0, {}, readings.MemoryReading(0, 0, 0, 0, 0, 0, 0))

    assert (None, {}, frozenset(), {}) == (found.load, found.disks, found.physical_disks, found.interfaces)
