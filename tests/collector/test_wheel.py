"""The wheel carries the collector's configuration, so that the command works wherever the package is installed."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_an_installed_package_composes_configurations(tmp_path: Path) -> None:
    """From an unpacked wheel, far from the repository, `collector config` prints what it prints here."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=100,
    )
    wheel = next((tmp_path / "dist").glob("*.whl"))
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    script = "import argparse, otel_agent, sys; from otel_agent.cli import collector; print('#', otel_agent.__file__); p = argparse.ArgumentParser(); collector.configure(p); sys.exit(collector.run(p.parse_args(['config', '--backend', 'jaeger'])))"
    there, here = (
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(path)},
            check=True,
            capture_output=True,
            text=True,
            timeout=100,
        ).stdout.split("\n", 1)
        for path in (tmp_path / "installed", ROOT)
    )

    assert there[0].startswith(f"# {tmp_path}")
    assert there[1] == here[1]
