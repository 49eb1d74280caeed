"""Libraries whose children leave by `os._exit`."""

import os
import socketserver
import sys
from types import ModuleType

import pytest

from otel_agent.lifecycle.leaving import LEAVERS, told_of_leaving


@pytest.fixture
def leaver(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of rq's name that ends children."""
    module = ModuleType(LEAVERS[1])
    vars(module)["os"] = os
    for name in LEAVERS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, LEAVERS[1], module)
    return module


def test_telemetry_ends_before_the_process_does(leaver: ModuleType) -> None:
    """Also when its end fails; the status is the library's."""
    for is_failing, wanted in ((False, 7), (True, 8)):
        near, far = os.pipe()
        pid = os.fork()
        if pid == 0:

            def end(is_failing: bool = is_failing, far: int = far) -> None:
                os.write(far, b"ended")
                if is_failing:
                    raise ValueError

            told_of_leaving(end)
            vars(leaver)["os"]._exit(wanted)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

        assert (wanted, b"ended") == (status, os.read(near, 5))


def test_everything_else_of_the_module_is_as_it_was(leaver: ModuleType) -> None:
    """Names, values and what `dir` shows; the module that others use is the interpreter's."""
    told_of_leaving(lambda: None)
    seen = vars(leaver)["os"]

    assert seen is not os is sys.modules["os"]
    assert os.getpid is seen.getpid
    assert os.environ is seen.environ
    assert dir(os) == dir(seen)
    assert isinstance(seen, ModuleType)


def test_what_is_something_else_already_is_left_alone(leaver: ModuleType) -> None:
    """A second call changes nothing, and a module without `os` neither."""
    told_of_leaving(lambda: None)
    first = vars(leaver)["os"]
    told_of_leaving(lambda: None)

    assert first is vars(leaver)["os"]


def test_a_parent_is_left_alone() -> None:
    """Only a forked child is ever told."""
    assert os is vars(socketserver)["os"]
