"""Every code block of the documentation does what it says."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^```(?P<language>\w+)(?:[^\n]*?title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL
)
LANGUAGES = {"python", "console", "yaml", "text", "mermaid", "bash", "json", "dockerfile", "toml"}
NEEDED = {"gevent-and-trio.md": ("gevent", "trio")}
"""By page: packages that its reader has, and that are not everywhere."""
NOT_RUN = {"text", "mermaid", "json", "dockerfile", "toml"}
"""Output and pictures; nothing to execute."""


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    title: str | None
    code: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(match["language"], match["title"], match["code"]) for match in FENCE.finditer(page.read_text())]


def run(command: list[str], directory: Path, **more: str) -> None:
    """Run a command in a directory of its own and fail with its output."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(directory),
        "XDG_STATE_HOME": str(directory / "state"),
        **more,
    }
    result = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        stdin=subprocess.DEVNULL,
    )

    assert 0 == result.returncode, f"{command}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_languages_are_known(page: Path) -> None:
    """A block is either executed or plainly not code."""
    unknown = {block.language for block in blocks(page)} - LANGUAGES

    assert set() == unknown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_code_blocks_run(page: Path, tmp_path: Path) -> None:
    """Files are written, Python runs in page order in one process, console lines run in bash; all end well."""
    python, console = [], []
    for block in blocks(page):
        if block.language == "yaml":
            assert yaml.safe_load(block.code) is not None
        if block.title and block.language != "text":
            target = tmp_path / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.code)
        elif block.language == "python":
            python.append(block.code)
        elif block.language in {"console", "bash"}:
            console += [
                line[2:]
                for line in block.code.splitlines()
                if line.startswith("$ ") and not line.startswith(("$ make", "$ git", "$ pip", "$ docker"))
            ]
    missing = [name for name in NEEDED.get(page.name, ()) if find_spec(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    if python:
        (tmp_path / "page.py").write_text("\n\n".join(python))
        run([sys.executable, "page.py"], tmp_path)
    for line in console:
        run(["bash", "-ceu", line], tmp_path)
