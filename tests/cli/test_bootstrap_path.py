"""Where names are looked for while `otel-agent run` starts a program."""

import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from otel_agent.cli import bootstrap_path
from otel_agent.cli.bootstrap_path import program_folder


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["programs/agent.py", "--flag"], "programs"),
        (["-u", "-W", "ignore", "-Xdev", "programs/agent.py"], "programs"),
        (["-uW", "ignore", "programs/agent"], "programs"),
        (["--check-hash-based-pycs", "never", "--", "programs/agent.py"], "programs"),
        (["link.py"], "programs"),
        (["programs"], "programs"),
        (["app.pyz"], "app.pyz"),
        (["-m", "agent", "programs/agent.py"], ""),
        (["-Bm", "agent"], ""),
        (["-c", "pass", "programs/agent.py"], ""),
        (["-"], ""),
        ([], ""),
    ],
)
def test_the_folder_is_the_one_that_python_puts_first(
    words: list[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the script, links followed; a folder or a zip file that is run itself; else the working directory."""
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "agent.py").write_text("")
    (tmp_path / "link.py").symlink_to(tmp_path / "programs" / "agent.py")
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", "")
    monkeypatch.chdir(tmp_path)

    assert str(tmp_path / expected) == program_folder(["python", *words], is_safe_path=False)
    assert program_folder(["python", *words], is_safe_path=True) is None


def test_modules_are_looked_at_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads of ours import while the start looks at what is loaded: it goes over a copy."""

    class Growing(dict[str, ModuleType]):
        def __iter__(self) -> NoReturn:
            raise RuntimeError("dictionary changed size during iteration")

    (tmp_path / "yaml.py").write_text("")
    monkeypatch.setattr(sys, "modules", Growing(sys.modules.copy()))
    found = bootstrap_path._shadowed(str(tmp_path))
    monkeypatch.undo()

    assert {"yaml"} == found
