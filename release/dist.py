"""
A release: wheel, source archive and list of parts, in `dist/`.

    python release/dist.py            build them
    python release/dist.py --check    build them, and install and use each in an empty environment (asks the package index)

The names of what was made are printed. A release that lacks a file or holds a stranger is an error.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

from sbom import bill_of_materials

ROOT = Path(__file__).resolve().parents[1]
CHECK = (
    "import otel_agent, sys; telemetry = otel_agent.init('check', export='none', spool=False);"
    " assert otel_agent.__version__ in sys.argv[1]; telemetry.shutdown(); print('imported', otel_agent.__version__)"
)
WHEEL_HAS = (
    "otel_agent/__init__.py",
    "otel_agent/py.typed",
    "otel_agent/collector/base.yaml",
    "licenses/LICENSE",
    "sboms/",
)
SOURCE_HAS = (
    "pyproject.toml",
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "otel_agent/__init__.py",
    "tests/conftest.py",
)
STRANGERS = ("__pycache__", ".pyc", "/.venv", "/build/", ".DS_Store", ".egg-info")


class ReleaseError(Exception):
    """A release that must not go out; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Build a release, and check it.

    Args:
        arguments: Words of the command line.

    Returns:
        0, or 1 when something is wrong with it.
    """
    parser = argparse.ArgumentParser(description="Wheel, source archive and list of parts, in dist/.")
    parser.add_argument("--check", action="store_true", help="install and use each in an empty environment")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="folder to make them in; default: dist")
    given = parser.parse_args(arguments)
    try:
        made = build(given.output)
        for archive in made[:2]:
            check_contents(archive)
            if given.check:
                check_installation(archive)
    except (ReleaseError, subprocess.CalledProcessError) as error:
        print(f"release/dist.py: {error}", file=sys.stderr)
        return 1
    for path in made:
        print(path)
    return 0


def build(output: Path) -> tuple[Path, Path, Path]:
    """
    Build everything anew.

    Args:
        output: Folder, which is emptied.

    Returns:
        Wheel, source archive, list of parts.
    """
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    parts = output / "otel-agent.cdx.json"
    parts.write_text(json.dumps(bill_of_materials(), indent=2) + "\n")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(output)],
        cwd=ROOT,
        env={**os.environ, "OTEL_AGENT_SBOM": str(parts)},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return next(output.glob("*.whl")), next(output.glob("*.tar.gz")), parts


def check_contents(archive: Path) -> None:
    """
    Look into an archive.

    Args:
        archive: Wheel or source archive.

    Raises:
        ReleaseError: A file is missing, or there is one that does not belong there.
    """
    names = contents(archive)
    wanted = WHEEL_HAS if archive.suffix == ".whl" else SOURCE_HAS
    missing = [each for each in wanted if not any(each in name for name in names)]
    strangers = [name for name in names if any(each in name for each in STRANGERS)]
    if archive.suffix == ".whl":
        strangers += [name for name in names if not name.startswith(("otel_agent/", "otel_agent-"))]
    if missing or strangers:
        raise ReleaseError(f"{archive.name} lacks {missing} and has {strangers[:5]}, which do not belong there")


def contents(archive: Path) -> list[str]:
    """
    Names of the files of an archive.

    Args:
        archive: Wheel or source archive.
    """
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).namelist()
    with tarfile.open(archive) as opened:
        return opened.getnames()


def check_installation(archive: Path) -> None:
    """
    Install an archive in an empty environment, and use it there.

    Args:
        archive: Wheel or source archive.

    Raises:
        subprocess.CalledProcessError: It cannot be installed, imported or started.
    """
    place = ROOT / "build" / "empty"
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=True)
    tools = place / "bin"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "PYTHONPATH"))}
    for command in (
        [tools / "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "5", str(archive)],
        [tools / "python", "-W", "error", "-c", CHECK, archive.name],
        [tools / "otel-agent", "--version"],
        [tools / "otel-agent", "config", "check"],
        [tools / "otel-agent", "collector", "config", "--backend", "debug"],
    ):
        subprocess.run(
            list(map(str, command)), cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=600
        )
    shutil.rmtree(place)


if __name__ == "__main__":
    sys.exit(main())
