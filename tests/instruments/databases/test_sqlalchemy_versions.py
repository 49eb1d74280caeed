"""What is shown for the installed SQLAlchemy holds for the other supported line as well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

ROOT = Path(__file__).parents[3]
FILES = [str(path) for path in sorted(Path(__file__).parent.rglob("test_*.py")) if path != Path(__file__)]
OTHER = "2.0" if sa.__version__.startswith("2.1") else "2.1"


@pytest.fixture(scope="module")
def other() -> Path:
    """A folder with the newest release of the other line, made by pip once; it goes before the installed one on the path."""
    folder = ROOT / "build" / "venvs" / f"sqlalchemy-{OTHER}"
    if not (folder / "sqlalchemy").exists():
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"),
                *("--target", str(folder), f"sqlalchemy=={OTHER}.*"),
            ],
            check=True,
            timeout=300,
        )
    return folder


@pytest.mark.e2e
@pytest.mark.timeout(400)
def test_the_other_supported_line_passes_the_same_tests(other: Path) -> None:
    """2.0 and 2.1 are watched alike, synchronously and not."""
    environment = {**os.environ, "PYTHONPATH": str(other)}
    version = subprocess.run(
        [sys.executable, "-c", "import sqlalchemy; print(sqlalchemy.__version__)"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not e2e", "-p", "no:cacheprovider", *FILES],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert version.startswith(OTHER)
    assert 0 == result.returncode, result.stdout[-3000:]
