"""A program that logs behaves the same with the bridge installed, and the bridge sees every record."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROLOGUE = """
import json, logging, logging.config, sys
from collections import deque
seen = deque()
if {installed}:
    from types import SimpleNamespace
    from otel_agent.logs.bridge import BridgeHandler
    from otel_agent.logs.dispatch import install_bridge
    remove = install_bridge(BridgeHandler(SimpleNamespace(items=seen, limit=1000, overflow=None), None))
"""

EPILOGUE = """
logging.shutdown()
print(json.dumps([entry.body for entry in seen]))
"""

FILE_CONFIG = """
[loggers]
keys=root
[handlers]
keys=out
[formatters]
keys=
[logger_root]
level=INFO
handlers=out
[handler_out]
class=StreamHandler
args=(sys.stderr,)
"""

PROGRAMS = {
    "last resort": 'logging.getLogger("a").warning("w"); logging.getLogger("a").info("i"); logging.warning("now a handler")',
    "last resort off": 'logging.lastResort = None; logging.getLogger("a").warning("w")',
    "basicConfig": 'logging.basicConfig(level="INFO", format="%(message)s!"); logging.info("i"); logging.basicConfig(level="DEBUG"); logging.debug("d")',
    "basicConfig force": 'logging.basicConfig(); logging.basicConfig(level="INFO", force=True); logging.info("i")',
    "dictConfig": 'logging.config.dictConfig({"version": 1, "handlers": {"h": {"class": "logging.StreamHandler"}}, "root": {"level": "INFO", "handlers": ["h"]}}); logging.info("i")',
    "dictConfig disables": 'old = logging.getLogger("old"); logging.config.dictConfig({"version": 1, "disable_existing_loggers": True, "root": {"level": "INFO"}}); old.error("silent"); logging.getLogger("new").error("loud")',
    "fileConfig": 'logging.config.fileConfig("logging.ini"); logging.info("i")',
    "handlers cleared": 'logging.basicConfig(); logging.root.handlers.clear(); logging.root.handlers = []; logging.error("e")',
    "hasHandlers": 'print(logging.getLogger("a").hasHandlers(), logging.root.handlers); logging.error("e")',
    "propagate": 'l = logging.getLogger("a"); l.propagate = False; l.addHandler(logging.StreamHandler()); l.error("e")',
    "filtered": 'l = logging.getLogger("a"); l.addFilter(lambda record: False); l.error("e")',
    "broken call": 'logging.basicConfig(format="%(message)s"); logging.raiseExceptions = False; logging.error("%d", "x"); logging.error("after")',
    "frames": """
class Looks(logging.Handler):
    def emit(self, record):
        frame, found = sys._getframe(), []
        while frame:
            found.append((frame.f_code.co_name, frame.f_code.co_filename == logging.__file__, frame.f_globals is vars(logging)))
            frame = frame.f_back
        print(found)
logging.root.addHandler(Looks())
logging.error("e")
logging.getLogger("a.b").error("f", stacklevel=2)
""",
    "stack level": """
logging.basicConfig(format="%(funcName)s %(lineno)d %(message)s")
class Adapter(logging.LoggerAdapter):
    def process(self, message, more):
        return f"[{self.extra['who']}] {message}", more
def inner():
    Adapter(logging.getLogger("a"), {"who": "w"}).error("e", stacklevel=1)
    logging.error("f", stacklevel=2)
def outer():
    inner()
outer()
""",
    "text that logs": """
logging.basicConfig(format="%(message)s", level="DEBUG")
class Says:
    def __str__(self):
        logging.debug("said")
        return "text"
logging.debug("it is %s", Says())
""",
    "text that logs, unasked": """
class Says:
    def __str__(self):
        logging.error("said")
        return "text"
logging.root.addHandler(logging.NullHandler())
logging.info("it is %s", Says())
logging.error("it is %s", Says())
""",
    "emit that logs": """
class Tells(logging.Handler):
    def emit(self, record):
        if record.name != "audit":
            logging.getLogger("audit").error("handled %s", record.getMessage())
logging.basicConfig(format="%(name)s %(message)s")
logging.root.addHandler(Tells())
logging.error("e")
""",
    "filter that logs": """
class Tells(logging.Filter):
    def filter(self, record):
        logging.getLogger("audit").error("passed %s", record.msg)
        return True
logging.basicConfig(format="%(name)s %(message)s")
log = logging.getLogger("a")
log.addFilter(Tells())
log.error("e")
""",
    "raising handler": """
class Raises(logging.Handler):
    def emit(self, record):
        raise KeyError("theirs")
logging.root.addHandler(Raises())
try:
    logging.error("e")
except KeyError as error:
    print("raised", error)
""",
}
SEEN = {
    "last resort": ["w", "now a handler"],
    "last resort off": ["w"],
    "basicConfig": ["i"],
    "basicConfig force": ["i"],
    "dictConfig": ["i"],
    "dictConfig disables": ["loud"],
    "fileConfig": ["i"],
    "handlers cleared": ["e"],
    "hasHandlers": ["e"],
    "propagate": ["e"],
    "filtered": [],
    "broken call": ["%d ['x']", "after"],
    "frames": ["e", "f"],
    "stack level": ["[w] e", "f"],
    "text that logs": ["it is text", "said"],
    "text that logs, unasked": ["it is text"],
    "emit that logs": ["e", "handled e"],
    "filter that logs": ["passed e", "e"],
    "raising handler": ["e"],
}


def run(program: str, directory: Path, *, installed: bool) -> tuple[int, list[str], str, list[str]]:
    """Exit status, output, errors and seen records of a program."""
    (directory / "logging.ini").write_text(FILE_CONFIG)
    code = PROLOGUE.format(installed=installed) + program + EPILOGUE
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=directory, capture_output=True, text=True, check=False, timeout=60
    )
    *output, seen = result.stdout.splitlines() or [result.stderr]
    return result.returncode, output, result.stderr, json.loads(seen)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_behaves_as_without_us(name: str, tmp_path: Path) -> None:
    """Output, errors and exit status are the same with and without the bridge, and the bridge saw what there was to see."""
    *without, _ = run(PROGRAMS[name], tmp_path, installed=False)
    *with_bridge, seen = run(PROGRAMS[name], tmp_path, installed=True)

    assert without == with_bridge
    assert SEEN[name] == seen


def test_removing_takes_it_out_again(tmp_path: Path) -> None:
    """After removal logging is as it was; removal is safe twice, and under somebody else's wrapper."""
    program = """
original = logging.Logger.callHandlers
remove(); remove()
print(logging.Logger.callHandlers is not original)
remove = install_bridge(BridgeHandler(SimpleNamespace(items=seen, limit=1000, overflow=None), None))
ours = logging.Logger.callHandlers
logging.Logger.callHandlers = lambda self, record: ours(self, record)
logging.error("seen")
remove()
logging.error("not seen")
"""
    _, output, errors, seen = run(program, tmp_path, installed=True)

    assert ["True"] == output
    assert ["seen"] == seen
    assert "not seen" in errors
