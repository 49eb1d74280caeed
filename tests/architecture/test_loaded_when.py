"""
When each module is loaded: the table "Loaded when" of docs/explanation/architecture.md, held against what happens.

A name in the table stands for a module, or for a room with all that no other name of the table stands for.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_process import environment

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "otel_agent"
PAGE = ROOT / "docs" / "explanation" / "architecture.md"

IMPORT, INIT, THREADS, USE, ENTRY = (
    "`import otel_agent`",
    "`init()`",
    "a thread after the start",
    "first use",
    "an entry point of its own",
)
"""First cells of the table's rows."""

LATE = {"late_module", "late_names", "load"}
"""What loads late; see `late_imports`."""

IN_FUNCTIONS = {
    "cli.bootstrap.sitecustomize": "it runs while Python starts, and what fails there is said in one line and nothing more",
}
"""Modules with an import statement inside a function, and why."""

STARTED = """
import json, os, sys, threading
begin = threading.Thread.start
threading.Thread.start = lambda thread: None if "otel-agent" in thread.name else begin(thread)
import otel_agent
imported = sorted(sys.modules)
otel_agent.init("agent", endpoint="http://127.0.0.1:9", spool=os.path.join(os.getcwd(), "spool"))
print(json.dumps([imported, sorted(sys.modules)]))
sys.stdout.flush()
os._exit(0)
"""

RUN = """
import json, logging, os, sys, time
import otel_agent
telemetry = otel_agent.init("agent", endpoint="http://127.0.0.1:9", spool=os.path.join(os.getcwd(), "spool"))
with otel_agent.span("work"):
    logging.getLogger("agent").warning("at work")
telemetry.flush(5)
telemetry.health.report()
telemetry.shutdown()
print(json.dumps(sorted(sys.modules)))
"""


def modules() -> dict[str, Path]:
    """Every module of the package by its name relative to it; the package itself has none."""
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: path for name, path in sorted(names.items()) if name}


MODULES = modules()


def table() -> dict[str, list[str]]:
    """Names in each row of the page's table."""
    section = PAGE.read_text().partition("\n## Loaded when\n")[2].partition("\n## ")[0]
    rows = (line.split("|") for line in section.splitlines() if line.startswith("| ") and line.count("|") == 3)
    return {cells[1].strip(): re.findall(r"`([\w.]+)`", cells[2]) for cells in rows if cells[1].strip() != "loaded by"}


def placed() -> dict[str, str]:
    """The row of each module: that of the longest name that stands for it."""
    rows = {name: row for row, names in table().items() for name in names}
    found = {}
    for module in MODULES:
        parts = module.split(".")
        known = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
        found[module] = next((rows[name] for name in known if name in rows), "nowhere")
    return found


def ours(loaded: list[str]) -> set[str]:
    """Modules of the package among those of a process, relative to it."""
    return {name.removeprefix("otel_agent.") for name in loaded if name.startswith("otel_agent.")}


def output(code: str, home: Path) -> list[list[str]] | list[str]:
    """What a process says about what it has loaded."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert 0 == run.returncode, run.stderr
    found: list[list[str]] | list[str] = json.loads(run.stdout)
    return found


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """Modules that `import otel_agent` loads, and those that `init` loads beside them, when no thread has done anything yet."""
    imported, after = output(STARTED, tmp_path_factory.mktemp("started"))
    return ours([*imported]), ours([*after]) - ours([*imported])


def targets() -> dict[str, set[str]]:
    """Modules of the package that are loaded late, and where."""
    found: dict[str, set[str]] = {}
    for module, path in {"": PACKAGE / "__init__.py", **MODULES}.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in LATE:
                continue
            if node.func.id == "late_names":  # type: ignore[attr-defined]  # looked at in the line above
                space = {"__name__": f"otel_agent.{module}".removesuffix(".")}
                named = eval(compile(ast.Expression(node.args[1]), str(path), "eval"), space).values()
            else:
                named = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
            for full in map(str, named):
                # A name that is put together, such as that of a command, is one of a room with an entry point of its own.
                if full.startswith("otel_agent.") and not full.endswith("."):
                    found.setdefault(full.removeprefix("otel_agent."), set()).add(module)
    return found


def imported_by(path: Path) -> Iterator[str]:
    """Modules of the package that a file loads when it is loaded itself."""
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting.extend(node.orelse)
            continue
        waiting.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("otel_agent"):
            base = node.module.removeprefix("otel_agent").removeprefix(".")
            yield base
            yield from (f"{base}.{alias.name}".removeprefix(".") for alias in node.names)


def reached(first: set[str]) -> set[str]:
    """These modules and all that are loaded with them."""
    found: set[str] = set()
    waiting = [*first]
    while waiting:
        name = waiting.pop()
        if name in MODULES and name not in found:
            found.add(name)
            waiting.extend(imported_by(MODULES[name]))
            waiting.append(name.rpartition(".")[0])
    return found


def test_every_module_has_its_place() -> None:
    """No name in the table stands for nothing, and no module is without a row."""
    names = [name for names in table().values() for name in names]

    assert {IMPORT, INIT, THREADS, USE, ENTRY} == set(table())
    assert [] == [name for name in names if name not in MODULES]
    assert [] == sorted({name for name in names if names.count(name) > 1})
    assert [] == [module for module, row in placed().items() if row == "nowhere"]


def test_import_loads_what_the_table_says(started: tuple[set[str], set[str]]) -> None:
    """No module more and none less."""
    assert sorted(module for module, row in placed().items() if row == IMPORT) == sorted(started[0])


def test_init_loads_what_the_table_says(started: tuple[set[str], set[str]]) -> None:
    """An agent that sends, without a file: no module more and none less."""
    assert sorted(module for module, row in placed().items() if row == INIT) == sorted(started[1])


def test_threads_load_what_the_table_says(tmp_path: Path) -> None:
    """What such an agent has loaded when it has sent everything and ended."""
    loaded = ours([str(name) for name in output(RUN, tmp_path)])

    assert [] == sorted(module for module in loaded if placed()[module] in {USE, ENTRY})


def test_what_is_loaded_late_is_in_the_rows_for_it() -> None:
    """The front door's names are loaded by `init` or by their use; everything else is named because a start does without it."""
    rows = placed()
    wrong = {
        name: rows.get(name, "nowhere")
        for name, users in targets().items()
        if rows.get(name) not in {THREADS, USE, *((INIT,) if "" in users else ())}
    }

    assert {} == wrong


def test_what_is_in_the_rows_for_it_is_loaded_late() -> None:
    """Each module there is named in a call that loads late, or is loaded by one that is."""
    rows = placed()
    late = reached(set(targets()))

    assert [] == [module for module, row in rows.items() if row in {THREADS, USE} and module not in late]


def test_nothing_is_imported_inside_a_function() -> None:
    """But where there is a reason, which is written above."""
    found = set()
    for module, path in {"": PACKAGE / "__init__.py", **MODULES}.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node)
            ):
                found.add(module)

    assert sorted(IN_FUNCTIONS) == sorted(found)
