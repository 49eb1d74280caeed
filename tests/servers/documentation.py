"""
Pages of the documentation, followed as a reader follows them: in an empty folder, in page order, in a terminal.

A block with a title, or after words such as "Save this as `trader.py`:", is a file, which is written. A `bash` block is pasted into a shell. The `python` blocks without a title are one
program, run where the last of them stands. A `text` block that follows one of these with nothing between is what it shows: its lines
must come in this order, with other lines between. In it "…" stands for anything, lengths of time, sizes, times of day and ids for any
of their kind; everything else counts as it is written.

What names 127.0.0.1:4318 meets a receiver of the test's own instead of a collector.
"""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
COLLECTOR = "127.0.0.1:4318"
TIMEOUT_S = 100.0
LATER = "Python 3.12 and later"
"""Title of a `text` block that shows what 3.11 cannot give."""

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?:[^\n]*?title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<code>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)
_NAMED = re.compile(r" as `([\w./-]+)`[^`\n]*:\s*$")
_MARK = "@@ block {} @@"
_UNIT = r"(?:ns|µs|ms|s|min|h|d|KiB|MiB|GiB|kB|MB|GB)"
_VOLATILE = re.compile(
    rf"(?P<gap>…)|(?P<measure>\d[\d,.]* ?{_UNIT}\b)|(?P<clock>\d\d:\d\d:\d\d(?:\.\d+)?)|(?P<id>\b[0-9a-f]{{32}}\b|\b[0-9a-f]{{16}}\b|\b[0-9a-f]{{8}}\b)|(?P<space>[ ─]+)"
)
_PATTERNS = {
    "gap": ".*",
    "measure": rf"\d[\d,.]* ?{_UNIT}",
    "clock": r"\d\d:\d\d:\d\d(?:\.\d+)?",
    "id": "[0-9a-f]+",
    "space": "[ ─]+",
}
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    title: str | None
    code: str
    follows: bool
    """Whether nothing but blank lines stands between it and the block before."""


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text, end = page.read_text(), 0
    found: list[Block] = []
    for match in _FENCE.finditer(text):
        indent, code = match["indent"], match["code"]
        if indent:
            code = "".join(line.removeprefix(indent) for line in code.splitlines(keepends=True))
        between = text[end : match.start()]
        named = _NAMED.search(between)
        title = match["title"] or (named[1] if named else None)
        found.append(Block(match["language"], title, code, bool(found) and not between.strip()))
        end = match.end()
    return found


def commands(block: Block) -> list[str]:
    """The first words of what a `bash` block runs, without assignments."""
    lines = block.code.replace("\\\n", " ").splitlines()
    words = [re.sub(r"^(?:[A-Z_]+=\S* )+", "", line).split(" ", 1)[0] for line in lines]
    return [word for word in words if word and not word.startswith("#")]


@dataclass(frozen=True)
class Shown:
    """What a block shows according to the page, and what it showed."""

    expected: str
    found: str

    def missing(self) -> str | None:
        """The first line that did not come, with what came instead; None when all came in order."""
        rest = [" ".join(line.split()) for line in self.found.splitlines()]
        for line in filter(None, map(str.strip, self.expected.splitlines())):
            pattern = re.compile(_pattern(line))
            position = next((place for place, each in enumerate(rest) if pattern.fullmatch(each)), None)
            if position is None:
                return f"{line}\n-- is not in --\n" + "\n".join(rest)
            rest = rest[position + 1 :]
        return None


def _pattern(line: str) -> str:
    line, parts, end = " ".join(line.split()), [], 0
    for match in _VOLATILE.finditer(line):
        parts += [re.escape(line[end : match.start()]), _PATTERNS[str(match.lastgroup)]]
        end = match.end()
    return "".join([*parts, re.escape(line[end:])])


def follow(page: Path, folder: Path, endpoint: str, not_run: Sequence[str]) -> Iterator[Shown]:
    """
    Do what a page says.

    Args:
        page: The page.
        folder: An empty folder.
        endpoint: Host and port of a receiver, in place of a collector's.
        not_run: Programs that are not run here; a block with one of them is left out.

    Yields:
        What each block showed that has something to show.
    """
    found, outputs = blocks(page), _outputs(blocks(page))
    python = [number for number, block in enumerate(found) if block.language == "python" and not block.title]
    for number, block in enumerate(found):
        if block.title and block.language != "text":
            target = folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.code.replace(COLLECTOR, endpoint))
        elif block.language == "bash" and not set(commands(block)) & set(not_run):
            shown = run(["bash", "-ceu", block.code.replace(COLLECTOR, endpoint)], folder)
            if number in outputs:
                yield Shown(outputs[number], shown.replace(endpoint, COLLECTOR))
        if python and number == python[-1]:
            program = "\n\n".join(f"{_marked(each)}\n{found[each].code}" for each in python)
            (folder / "page.py").write_text(program.replace(COLLECTOR, endpoint))
            shown = run([sys.executable, "page.py"], folder).replace(endpoint, COLLECTOR)
            for each in set(python) & set(outputs):
                after = shown.partition(_MARK.format(each))[2]
                yield Shown(outputs[each], re.split(r"@@ block \d+ @@", after)[0])


def _marked(number: int) -> str:
    """A line of a program that says which block begins; whatever the blocks before it have made of `print`."""
    return f"__import__('sys').stdout.write('{_MARK.format(number)}\\n'); __import__('sys').stdout.flush()"


def _outputs(found: Sequence[Block]) -> Mapping[int, str]:
    """By number of the block: what it shows, as far as this Python can give it."""
    return {
        number - 1: block.code
        for number, block in enumerate(found)
        if block.language == "text"
        and block.follows
        and found[number - 1].language in {"python", "bash"}
        and (block.title != LATER or sys.version_info >= (3, 12))
    }


def run(command: list[str], folder: Path, **more: str) -> str:
    """
    Run a command in a terminal and a folder of its own.

    Args:
        command: Program and arguments.
        folder: Its working and home directory.
        more: Variables.

    Returns:
        What the terminal shows, without colours.

    Raises:
        AssertionError: It did not end with status 0, or not in time.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "PYTHON"))}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "COLUMNS": "120",
        "TERM": "xterm",
        **more,
    }
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = _read_to_end(ours, process)
    os.close(ours)

    assert 0 == process.returncode, f"{command}\n{shown[-6000:]}"
    return shown


def _read_to_end(terminal: int, process: "subprocess.Popen[bytes]") -> str:
    shown, end_s = bytearray(), time.monotonic() + TIMEOUT_S
    while process.poll() is None or select.select([terminal], [], [], 0)[0]:
        if time.monotonic() > end_s:
            process.kill()
        if select.select([terminal], [], [], 0.05)[0]:
            with suppress(OSError):  # nobody holds the other side any more
                content = os.read(terminal, 65536)
                shown += content
                if content:
                    continue
            break
    process.wait()
    return _ESCAPES.sub("", shown.decode(errors="replace")).replace("\r\n", "\n")
