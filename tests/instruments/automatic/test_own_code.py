"""Which files are the agent's own."""

import sys
from pathlib import Path

import pytest

from otel_agent.instruments.automatic.own_code import OwnCode, own_folder, started_program


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["python", "agent.py", "-m", "x"], ("script", "agent.py")),
        (["python", "-u", "-W", "error", "-X", "dev", "agent.py"], ("script", "agent.py")),
        (["python", "-Werror", "-Im", "trader.main", "--fast"], ("module", "trader.main")),
        (["python", "-mtrader"], ("module", "trader")),
        (["python", "-Wignore", "-c", "print(1)"], ("code", "")),
        (["python", "--check-hash-based-pycs", "always", "agent.py"], ("script", "agent.py")),
        (["python", "-"], ("code", "")),
        (["python"], ("code", "")),
    ],
)
def test_the_command_line_says_what_was_started(arguments: list[str], expected: tuple[str, str]) -> None:
    """Options of the interpreter and their values are passed by."""
    assert expected == started_program(arguments)


def test_a_script_s_folder_is_the_agent_s_own(tmp_path: Path) -> None:
    """Wherever the working directory is."""
    (tmp_path / "app").mkdir()

    assert str(tmp_path / "app") == own_folder(["python", "app/agent.py"], str(tmp_path))


def test_a_package_that_is_run_is_the_agent_s_own(tmp_path: Path) -> None:
    """The package of `python -m package.module`, not what lies beside it."""
    (tmp_path / "trader").mkdir()

    assert str(tmp_path / "trader") == own_folder(["python", "-m", "trader.main"], str(tmp_path))


@pytest.mark.parametrize(
    "arguments",
    [
        ["python", str(Path(sys.prefix, "bin", "gunicorn")), "app:app"],
        ["python", "-m", "pytest"],
        ["python", "-c", "import app"],
    ],
)
def test_a_server_s_or_tool_s_agent_is_below_the_working_directory(arguments: list[str], tmp_path: Path) -> None:
    """What was started is somebody else's; the agent is where it was started."""
    assert str(tmp_path) == own_folder(arguments, str(tmp_path), sys.path)


@pytest.mark.parametrize(
    ("path", "is_own"),
    [
        ("agent.py", True),
        ("trader/book.py", True),
        ("venv/lib/python3.11/site-packages/flask/app.py", False),
        ("lib/site-packages/x.py", False),
        (".tox/py/x.py", False),
        (".hidden.py", True),
        ("environment/x.py", False),
    ],
)
def test_installed_hidden_and_virtual_is_not_the_agent_s_own(path: str, is_own: bool, tmp_path: Path) -> None:
    """`site-packages`, folders that begin with a dot, and virtual environments of any name."""
    (tmp_path / "environment").mkdir()
    (tmp_path / "environment" / "pyvenv.cfg").touch()

    assert is_own is OwnCode(str(tmp_path)).holds(str(tmp_path / path))


def test_python_and_code_without_a_file_are_not_the_agent_s_own() -> None:
    """Not even where the agent's folder holds everything."""
    own = OwnCode("/")

    assert [False, False, False] == [own.holds(each) for each in (asyncio_file(), "<string>", "")]


def test_a_link_is_followed(tmp_path: Path) -> None:
    """A release folder that is a link to the newest one is the same folder."""
    (tmp_path / "release-7").mkdir()
    (tmp_path / "current").symlink_to(tmp_path / "release-7")

    assert OwnCode(str(tmp_path / "current")).holds(str(tmp_path / "release-7" / "agent.py"))


def asyncio_file() -> str:
    """A file of Python's own."""
    import asyncio

    return str(asyncio.__file__)
