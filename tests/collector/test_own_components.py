"""The collector's components of our own do what their Go tests say."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "build" / "source" / "otelcol-agent"


@pytest.mark.e2e
def test_their_own_tests_pass() -> None:
    """Each component's tests in Go, with the configuration that is shipped, in the source the collector was built from."""
    environment = {**os.environ, "GOWORK": "off", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    assert SOURCE.exists(), "needs the source of build/otelcol-agent: make collector"
    result = subprocess.run(
        ["go", "test", "-trimpath", "-tags=grpcnotrace", "./isolateprocessor", "./secretsprocessor"],
        cwd=SOURCE,
        env={**environment, "BASE": str(ROOT / "collector" / "config" / "base.yaml")},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert 0 == result.returncode, result.stdout + result.stderr
