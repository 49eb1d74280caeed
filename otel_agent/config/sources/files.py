"""
Files: the configuration, its overlay, or our part of an OpenTelemetry declarative file.

An overlay stands beside the file: `otel-agent.production.yaml` beside `otel-agent.yaml`. Of a declarative file, which is known
by its key `file_format`, only `distribution: {otel-agent: {...}}` is read, as if it were the file; references elsewhere in it
are left alone.

Source: https://opentelemetry.io/docs/specs/otel/configuration/data-model/
"""

import os
import re
import stat
from collections.abc import Mapping
from typing import Any

from otel_agent.config import wording
from otel_agent.config.merging import Given
from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.problems import Problems
from otel_agent.config.sources.references import References
from otel_agent.config.sources.sections import flattened
from otel_agent.config.tree import sections
from otel_agent.config.wording import found
from otel_agent.config.yaml.reader import CONFIGURATION, read_document

__all__ = ["read_files"]

_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def read_files(
    path: str, environment: Any, environ: Mapping[str, str], directory: str, problems: Problems
) -> tuple[list[Given], tuple[str, ...]]:
    """
    Read a file and its overlay.

    Args:
        path: Path of the file; relative to the working directory.
        environment: The name of the environment; None: as the file itself says.
        environ: For references.
        directory: The working directory.
        problems: Where problems are noted.

    Returns:
        Their settings and their names, the overlay's first; nothing when the file has nothing for us.
    """
    references = References(environ)
    full = os.path.abspath(os.path.join(directory, os.path.expanduser(path)))  # noqa: PTH100, PTH111, PTH118 - texts in, texts out
    base = _read(full, directory, references, problems)
    if base is None:
        return [], ()
    given = flattened(base, problems)
    if environment is None:
        environment = next((node.value for one, node in given if one == "service.environment"), None)
    overlay = _overlay_path(full, environment, problems) if isinstance(environment, str) else None
    if overlay is not None and os.path.exists(overlay):  # noqa: PTH110 - as above
        over = _read(overlay, directory, references, problems)
        if over is not None:
            return flattened(over, problems) + given, (over.place.name, base.place.name)
    elif overlay is not None:
        _warn_of_missing(overlay, full, str(environment), problems)
    return given, (base.place.name,)


def _warn_of_missing(overlay: str, path: str, environment: str, problems: Problems) -> None:
    """An environment may do without an overlay; where others have one, a name without is rather a slip."""
    others = _environments(path)
    if not others:
        return
    near = wording.nearest(environment, others)
    hint = f"did you mean {near}?" if near else f"there are overlays for {', '.join(others)}"
    problems.warn(
        "",
        "service.environment",
        f"there is no overlay file {os.path.basename(overlay)} for {environment}; {hint}",  # noqa: PTH119 - texts in, texts out
    )


def _environments(path: str) -> list[str]:
    """Environments that have an overlay beside a file, in order."""
    stem, ending = os.path.splitext(os.path.basename(path))  # noqa: PTH119, PTH122 - as above
    try:
        names = os.listdir(os.path.dirname(path))  # noqa: PTH120, PTH208 - as above
    except OSError:
        return []
    within = [
        name[len(stem) + 1 : len(name) - len(ending)]
        for name in names
        if name.startswith(f"{stem}.") and name.endswith(ending)
    ]
    return sorted(name for name in within if _ENVIRONMENT.fullmatch(name))


def _read(path: str, directory: str, references: References, problems: Problems) -> ConfigNode | None:
    """One file, its references replaced; None when it cannot be read, which is said, or has nothing for us."""
    beside = os.path.relpath(path, directory)
    place = Place(path if beside.startswith("..") else beside, os.path.dirname(path))  # noqa: PTH120 - texts in, texts out
    text = _text(path, place, problems)
    root = None if text is None else read_document(text, place, problems)
    prefix = ""
    if root is not None and isinstance(root.value, dict) and "file_format" in root.value:
        root, prefix = _ours(root), "distribution.otel-agent"
    if root is None:
        return None
    if root.value is None:
        return ConfigNode({}, place, root.line)
    if not isinstance(root.value, dict):
        known = ", ".join(list(sections())[1:4])
        problems.add(root.origin, prefix, f"expected sections such as {known}, found {found(root)}")
        return None
    return references.applied(root, problems)


def _ours(root: ConfigNode) -> ConfigNode | None:
    node = root
    for name in ("distribution", "otel-agent"):
        inner = node.value.get(name) if isinstance(node.value, dict) else None
        if inner is None:
            return None
        node = inner
    return node


def _text(path: str, place: Place, problems: Problems) -> str | None:
    try:
        with open(path, "rb", opener=_regular) as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IWOTH:
                problems.add(place.name, "", "every user of this machine can change it; take that away: chmod o-w")
            content = file.read(CONFIGURATION.size_limit_bytes + 1)
    except (OSError, ValueError) as error:
        problems.add(place.name, "", f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(content) > CONFIGURATION.size_limit_bytes:
            return content.decode("latin-1")
        line = content.count(b"\n", 0, error.start) + 1
        problems.add(f"{place.name}:{line}", "", "invalid UTF-8")
        return None


def _regular(path: str, flags: int) -> int:
    """Open without waiting: a pipe that nobody writes into would hold up the agent's start."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "is no file")
    return descriptor


def _overlay_path(path: str, environment: str, problems: Problems) -> str | None:
    if not _ENVIRONMENT.fullmatch(environment):
        problems.warn(
            "", "service.environment", f"{environment[:60]!r} names no overlay file; use letters, digits, - and _"
        )
        return None
    stem, ending = os.path.splitext(path)  # noqa: PTH122 - texts in, texts out
    return f"{stem}.{environment}{ending}"
