"""What the console writes comes back as no record, however standard error leads back into logging."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from otel_agent.logs.echoes import Echoes

PROGRAM = """
import contextlib, io, logging, os, sys, threading
import otel_agent

logging.root.addHandler(logging.NullHandler())
telemetry = otel_agent.init("echo", export="none", spool=False, instrument=False, trace_modules=False, config={{
    "metrics": {{"host": False, "process": False, "runtime": False}},
    "logs": {{"console": "{console}", "files": [{{"path": "agent.log"}}]}}}})
log = logging.getLogger("stream")


class Logged:
    def write(self, text):
        for line in text.rstrip().splitlines():
            log.warning({said})
        return len(text)

    def flush(self):
        pass


def say():
    try:
        raise ValueError("bad")
    except ValueError:
        logging.getLogger("app").exception("said once")
    for _ in range(5):
        telemetry.flush(5)

{program}
telemetry.shutdown()
"""
WAYS = {
    "object": "sys.stdout = sys.stderr = Logged()\nsay()",
    "redirect": "with contextlib.redirect_stderr(Logged()), contextlib.redirect_stdout(Logged()):\n    say()",
    "pipe": """
reader, writer = os.pipe()
os.dup2(writer, 2)
def follow():
    for line in open(reader):
        line = line.rstrip("\\n")
        log.warning({said})
threading.Thread(target=follow, daemon=True).start()
say()
""",
}


@pytest.mark.parametrize("console", ["json", "text"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("said", ["line", '"[err] %s", line'], ids=["alone", "behind words"])
def test_a_line_of_the_console_is_no_record(way: str, console: str, said: str, tmp_path: Path) -> None:
    """One log call is one record, when standard error is an object that logs, and when a thread logs what comes out of it."""
    program = PROGRAM.format(console=console, said=said, program=WAYS[way].replace("{said}", said))
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
    records = [json.loads(line)["body"] for line in (tmp_path / "agent.log").read_text().splitlines()]

    # Lines of a stack trace say nothing of whose they are, once words stand before them; they come once, and nothing comes of them.
    loose = [body for body in records if body.startswith("[err]     ")]
    assert len(loose) < 10
    assert ["said once"] == [body for body in records if body not in loose]


def test_lines_are_forgotten() -> None:
    """What was written long ago takes no memory."""
    echoes = Echoes(limit=2)
    lines = [f'{{"timestamp":"{number}"}}' for number in range(3)]
    echoes.remember(f"{line}\n" for line in lines)

    assert [False, True, True] == [echoes.is_echo(logging.makeLogRecord({"msg": line})) for line in lines]


def test_what_only_looks_like_a_line_is_a_record() -> None:
    """Messages with times, with JSON, and the words of an exception are the agent's own."""
    echoes = Echoes()
    echoes.remember(["09:16:17.118  INFO   app  x\n    ValueError: bad\n"])

    for message in ("09:16:17.119  INFO   app  x", '{"timestamp":"1"}', "ValueError: bad", "", 7):
        assert not echoes.is_echo(logging.makeLogRecord({"msg": message}))
    assert echoes.is_echo(logging.makeLogRecord({"msg": "%s", "args": ("stderr: 09:16:17.118  INFO   app  x",)}))
