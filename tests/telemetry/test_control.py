"""Asking a running agent through a socket of the user's own."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from otel_agent.telemetry import control
from otel_agent.telemetry.control import ControlSocket, control_directory, is_private, is_same_user


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Nobody else may enter it."""
    found = tmp_path / "control"
    found.mkdir(mode=0o700)
    return found


@pytest.fixture
def answering(directory: Path) -> Iterator[ControlSocket]:
    """It answers with what it is asked."""
    made = ControlSocket({"echo": lambda question: question["word"], "fail": lambda _: 1 / 0}, directory)
    yield made
    made.close()


def question(directory: Path, text: str) -> Any:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(directory / f"{os.getpid()}.sock"))
        connection.sendall(text.encode() + b"\n")
        with connection.makefile() as lines:
            return json.loads(lines.readline())


def test_nothing_listens_before_somebody_asks(directory: Path, answering: ControlSocket) -> None:
    """Neither a file nor a thread."""
    answering.look()

    assert [] == list(directory.iterdir())
    assert answering._thread is None


def test_a_question_is_answered_on_a_socket_of_mode_600(directory: Path, answering: ControlSocket) -> None:
    """And one that cannot be is answered with the reason."""
    (directory / f"{os.getpid()}.ask").touch()
    answering.look()
    (path,) = directory.iterdir()

    assert 0o600 == path.stat().st_mode & 0o777
    assert {"answer": "hello"} == question(directory, '{"ask": "echo", "word": "hello"}')
    assert "ZeroDivisionError" in question(directory, '{"ask": "fail"}')["error"]
    assert "known are echo, fail" in question(directory, '{"ask": "nothing"}')["error"]
    assert "JSON object" in question(directory, "nonsense")["error"]
    answering.close()
    assert [] == list(directory.iterdir())


def test_what_a_process_of_the_same_number_left_is_no_obstacle(directory: Path, answering: ControlSocket) -> None:
    """Its socket is taken away."""
    (directory / f"{os.getpid()}.sock").touch()
    (directory / f"{os.getpid()}.ask").touch()
    answering.look()

    assert {"answer": 1} == question(directory, '{"ask": "echo", "word": 1}')


def test_a_directory_that_others_may_enter_is_not_used(directory: Path, answering: ControlSocket) -> None:
    """Nor is a link somebody has put there."""
    directory.chmod(0o755)
    (directory / f"{os.getpid()}.ask").touch()
    answering.look()

    assert not is_private(directory)
    assert not is_private(directory / "missing")
    assert [f"{os.getpid()}.ask"] == [path.name for path in directory.iterdir()]


def test_the_socket_goes_when_nobody_asks_any_more(
    directory: Path, answering: ControlSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And comes again when somebody does."""
    monkeypatch.setattr(control, "OPEN_S", 0.0)
    (directory / f"{os.getpid()}.ask").touch()
    answering.look()
    end_s = time.monotonic() + 10
    while list(directory.iterdir()) and time.monotonic() < end_s:
        time.sleep(0.01)

    assert [] == list(directory.iterdir())


def test_a_forked_child_has_a_name_of_its_own(directory: Path, answering: ControlSocket) -> None:
    """Its parent's socket stays."""
    (directory / f"{os.getpid()}.ask").touch()
    answering.look()
    answering.reinit_after_fork()

    assert (directory / f"{os.getpid()}.sock").exists()


def test_the_other_end_is_asked_who_it_is() -> None:
    """A socket pair has the same user at both ends."""
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert is_same_user(one)


def test_agents_are_asked_below_the_users_state() -> None:
    """Beside the spool."""
    assert Path("/s/otel-agent/control") == control_directory({"XDG_STATE_HOME": "/s"})
