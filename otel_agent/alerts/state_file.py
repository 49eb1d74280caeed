"""
The state file: what a restart has to know of alerts and acknowledgements, in one small JSON file.

The file is written beside itself and moved into place, so that it is whole at any moment. A file that cannot be read is said
once and counts as none: alerts begin anew, nothing stops.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from otel_agent.alerts.groups import RuleRun
from otel_agent.alerts.notify.acknowledgement import Acknowledgements

__all__ = ["read_state_file", "restore_state", "state_content", "write_state_file"]

VERSION = 1
SIZE_LIMIT_BYTES = 33_554_432


def state_content(runs: Iterable[RuleRun], acknowledgements: Acknowledgements, now_ms: int) -> dict[str, Any]:
    """
    The content of a state file. The caller sees to it that nothing changes meanwhile.

    Args:
        runs: Rules with their alerts.
        acknowledgements: Who takes care of which alert.
        now_ms: The present moment, in milliseconds since 1970.

    Returns:
        Plain values, for `write_state_file`.
    """
    alerts = {_key(run): [entry for one in run.alertings() for entry in one.saved()] for run in runs}
    return {
        "saved_at_ms": now_ms,
        "alerts": {key: saved for key, saved in alerts.items() if saved},
        "acknowledgements": acknowledgements.saved(),
    }


def restore_state(
    content: Mapping[str, Any], runs: Iterable[RuleRun], acknowledgements: Acknowledgements, now_ms: int
) -> None:
    """
    Take over what an earlier process saved.

    Args:
        content: Content of a state file, as `read_state_file` returns it.
        runs: Rules; those it names get their alerts back.
        acknowledgements: Gets back who takes care of which alert.
        now_ms: The present moment, in milliseconds since 1970.

    Raises:
        Exception: The content is not what `state_content` made; what was taken over before stays.
    """
    for run in runs:
        saved = content.get("alerts", {}).get(_key(run), [])
        if run.alerting is not None and saved:
            run.alerting.restore(saved, content["saved_at_ms"], now_ms)
    acknowledgements.restore(content.get("acknowledgements", []))


def _key(run: RuleRun) -> str:
    return f"{run.rule.name}/{run.rule.expression.text}"


def write_state_file(path: Path, content: Mapping[str, Any]) -> None:
    """
    Write the file whole or not at all, readable by its owner only.

    Args:
        path: Path of the file; its folders are made.
        content: Plain values, as `state_content` makes them.

    Raises:
        OSError: When it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor has no Path
            json.dump({"version": VERSION, **content}, file)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def read_state_file(path: Path) -> dict[str, Any]:
    """
    Read the file.

    Args:
        path: Path of the file.

    Returns:
        The content that was saved; empty when there is no file.

    Raises:
        OSError: When it cannot be read.
        ValueError: When it holds something else.
    """
    try:
        if path.stat().st_size > SIZE_LIMIT_BYTES:
            raise ValueError(f"{path} is larger than {SIZE_LIMIT_BYTES} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise ValueError(f"{path} is no state of alerts of version {VERSION}")
    return content
