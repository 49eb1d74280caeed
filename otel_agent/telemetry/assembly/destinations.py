"""Which of the ways out each signal takes; what they are made of is in `way_out`, which the delivery loads."""

import sys
from collections.abc import Mapping, Sequence

from otel_agent.config.sections.export import SIGNALS, ExportSettings

__all__ = ["destinations"]


def destinations(export: ExportSettings) -> Mapping[str, Sequence[str]]:
    """
    Where each signal goes.

    Args:
        export: Of the configuration.

    Returns:
        By signal any of "otlp", "console" and "file".
    """
    has_terminal = sys.stderr is not None and sys.stderr.isatty()
    return {signal: export.destinations(signal, has_terminal=has_terminal) for signal in SIGNALS}
