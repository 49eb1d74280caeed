"""
How the SDK's logs are loaded where no thread can be had.

Loading them describes the process for a default that nothing here uses, with detectors on threads of a pool; where the pool gets none,
that raises. Inside of `without_detectors` they are loaded without that description.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk import resources

__all__ = ["without_detectors"]


@contextmanager
def without_detectors() -> Iterator[None]:
    """Let no detector run in a block that makes resources."""
    known: Any = resources
    before = known.get_aggregated_resources

    def undetected(_: Sequence[Any], initial_resource: Any = None, timeout: int = 5) -> Any:  # noqa: ARG001 - the SDK's signature
        return initial_resource or resources.Resource.get_empty()

    known.get_aggregated_resources = undetected
    try:
        yield
    finally:
        known.get_aggregated_resources = before
