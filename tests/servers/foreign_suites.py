"""Test suites of other packages: had from their source distributions, run by pytest in a process of their own, read from its report."""

import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

PAUSES_S = (5.0, 20.0, 60.0, 0.0)
"""Waits before a step that talks to the network is tried again."""
PIP_S = 300
"""Of one such step, at most."""


def pip(*arguments: str) -> None:
    """Run pip, quietly and with patience."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    said = ""
    for pause_s in PAUSES_S:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PIP_S)
        if ended.returncode == 0:
            return
        said = ended.stderr
        time.sleep(pause_s)
    raise SystemExit(f"pip {' '.join(arguments)}: {said[-2000:]}")


def unpack(requirement: str, folder: Path, *options: str) -> None:
    """
    Have a source distribution, downloading it where it is not there yet.

    Args:
        requirement: The package and its version.
        folder: Where its files are to lie.
        options: More of pip's.
    """
    if folder.exists():
        return
    place = folder.with_name(f"{folder.name}.download")
    pip("download", "--no-deps", "--no-binary", ":all:", *options, "-d", str(place), requirement)
    with tarfile.open(next(place.glob("*.tar.gz"))) as packed:
        packed.extractall(place, filter="data")
    next(each for each in place.iterdir() if each.is_dir()).rename(folder)


def environment(paths: Iterable[Path], **more: str) -> dict[str, str]:
    """The variables of a suite: none of OpenTelemetry's or pytest's, and what it imports from."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "PYTEST_"))}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


def results(report: Path) -> Iterator[tuple[str, str, str]]:
    """
    Read pytest's report.

    Args:
        report: What `--junitxml` has written.

    Yields:
        Class or module, name with its parameters, and outcome of each test: "passed", "failed" or "skipped".
    """
    for case in ET.parse(report).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        yield str(case.get("classname")), str(case.get("name")), outcome
