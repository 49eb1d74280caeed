"""The configuration read again: the old one stays when the new one is wrong."""

from collections.abc import Mapping
from os import PathLike
from typing import Any

from msgspec.structs import replace

from otel_agent.config.explaining import explained
from otel_agent.config.loading import Loaded, load

__all__ = ["differences", "reload"]


def reload(
    previous: Loaded,
    arguments: Mapping[str, Any],
    *,
    environ: Mapping[str, str] | None = None,
    directory: str | PathLike[str] | None = None,
    script: str | None = None,
) -> Loaded:
    """
    Read everything again. Never raises.

    Args:
        previous: What is in force.
        arguments: See `load`.
        environ: See `load`.
        directory: See `load`.
        script: See `load`.

    Returns:
        What was read; when there is any mistake in it, `previous` with the mistakes.
    """
    found = load(arguments, environ=environ, directory=directory, script=script)
    return replace(previous, problems=found.problems, warnings=found.warnings) if found.problems else found


def differences(old: Loaded, new: Loaded) -> tuple[str, ...]:
    """
    What two configurations differ in, without telling secrets.

    Args:
        old: The one.
        new: The other.

    Returns:
        A line for each setting: "metrics.interval_s: 60.0 → 10.0".
    """
    before, after = explained(old), explained(new)
    lines = []
    for row, other in ((row, after[path]) for path, row in before.items()):
        if row.exact != other.exact:
            told = f"{row.text} → {other.text}" if row.text != other.text else "another value"
            lines.append(f"{row.path}: {told}")
    return tuple(lines)
