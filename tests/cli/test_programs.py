"""How a program is found and started."""

import os
import sys

import pytest

from otel_agent.cli.programs import BOOTSTRAP, find_program, instrumented
from otel_agent.errors import OtelAgentError


def test_python_is_the_interpreter_of_this_package() -> None:
    """A file may stand without it, and other programs are looked for."""
    assert (sys.executable, [sys.executable, "a.py", "-x"]) == find_program(["a.py", "-x"])
    assert (sys.executable, [sys.executable, "a.py"]) == find_program(["python3", "a.py"])
    assert ["true"] == find_program(["true"])[1]
    with pytest.raises(OtelAgentError, match="program not found"):
        find_program(["no-such-program"])


def test_the_path_begins_with_the_bootstrap() -> None:
    """What was on it stays."""
    assert str(BOOTSTRAP) == instrumented({})["PYTHONPATH"]
    assert f"{BOOTSTRAP}{os.pathsep}/x" == instrumented({"PYTHONPATH": "/x"})["PYTHONPATH"]
