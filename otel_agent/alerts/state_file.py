"""
What a restart has to know: active alerts and acknowledgements, in one small JSON file.

The file is written beside itself and moved into place, so that it is whole at any moment. A file that cannot be read is said
once and counts as none: judging begins anew, nothing stops.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["load", "save"]

VERSION = 1
SIZE_LIMIT_BYTES = 33_554_432


def save(path: Path, content: Mapping[str, Any]) -> None:
    """
    Write the file whole or not at all, readable by its owner only.

    Args:
        path: Where; folders are made.
        content: Plain values.

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


def load(path: Path) -> dict[str, Any]:
    """
    Read the file.

    Args:
        path: Where it lies.

    Returns:
        What was saved; empty when there is no file.

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
