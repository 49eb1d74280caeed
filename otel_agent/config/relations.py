"""Settings that depend on each other: what does not fit together is said, and made to fit."""

from typing import Any

from otel_agent.config.findings import Findings
from otel_agent.config.merging import Merged

__all__ = ["related"]


def related(merged: Merged, _findings: Findings) -> dict[str, Any]:
    """
    Look at what belongs together.

    Args:
        merged: Right values, each on its own.
        _findings: Where mistakes are noted.

    Returns:
        Values, by path, that go together.
    """
    return dict(merged.values)
