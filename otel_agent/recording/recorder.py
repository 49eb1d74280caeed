"""What decorators need in order to record: handed to them when telemetry starts, so that they import no SDK."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from otel_agent.recording.durations import Durations
from otel_agent.recording.sites import Site

__all__ = ["Recorder"]


@dataclass(frozen=True, slots=True)
class Recorder:
    """A tracer of ours and what stands around it."""

    tracer: Any
    """Of type `recording.tracers.Tracer`; its `hot` and `bare` may change at any time, see `watch`."""
    queue: Any
    """Takes ended spans."""
    items: Any
    """The queue's own container."""
    random_bits: Callable[[int], int]
    """Makes span ids."""
    durations: Durations
    """Takes the duration of every call."""
    make_site: Callable[[str, Any, Mapping[str, Any]], Site]
    """Makes a site from a name, a kind and attributes."""
    watch: Callable[[Callable[[], object]], None]
    """Calls back when `tracer.hot` may have changed."""
