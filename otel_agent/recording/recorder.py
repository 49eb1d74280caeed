"""The recorder: what decorators record with, handed to them when telemetry starts, so that they import no SDK."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from otel_agent.recording.durations import Durations

__all__ = ["Limit", "Recorder", "durations_only"]


class Limit(Protocol):
    """A budget of calls; see `sampling.rate_limits.RateLimit`."""

    def allows(self) -> bool:
        """Draw a call from the budget; answers whether there was one left."""


class Recorder(NamedTuple):
    """A tracer of ours and what stands around it."""

    tracer: Any
    """A `recording.tracers.Tracer`; its `hot` and `bare` may change at any time, see `watch`. `None`: spans are begun by
    OpenTelemetry's interface, whoever is behind it."""
    queue: Any
    """Takes ended spans."""
    items: Any
    """The queue's own container."""
    random_bits: Callable[[int], int]
    """Makes span ids."""
    durations: Durations
    """Takes the duration of every call."""
    watch: Callable[[Callable[[], object]], None]
    """Calls back when something about the tracer may have changed."""
    limit: Callable[[], Limit] | None = None
    """Makes the budget of one function; `None`: there is none."""


def durations_only(durations: Durations) -> Recorder:
    """
    A recorder for an agent whose spans go through somebody else's provider: durations are counted all the same.

    Args:
        durations: Takes the duration of every call.
    """
    return Recorder(None, None, None, _no_bits, durations, _watch_nothing)


def _no_bits(count: int) -> int:
    raise NotImplementedError("spans are begun by another provider")


def _watch_nothing(changed: Callable[[], object]) -> None:
    """Nothing changes."""
