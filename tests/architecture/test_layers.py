"""The rules of the house that a machine can hold."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "otel_agent"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
PURE = (
    "alerts/promql",
    "alerts/rules",
    "alerts/alerting_rule",
    "alerts/states",
    "series",
    "config",
    "instruments/databases/statements",
    "redaction/detection",
)
MAY_IMPORT_SDK = {"recording", "delivery", "processors", "logs", "providers", "testing"}
PRIVATE = ("opentelemetry._logs", "opentelemetry.sdk._logs")


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, at any depth of the file, by full name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def relative(path: Path) -> str:
    """The path inside the package, without its ending."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def test_import_contracts_hold() -> None:
    """Arrows point down only, as pyproject.toml says."""
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == result.returncode, result.stdout


@pytest.mark.parametrize("path", [path for path in MODULES if relative(path).startswith(PURE)], ids=relative)
def test_decisions_know_neither_opentelemetry_nor_psutil(path: Path) -> None:
    """Modules that decide are driven by numbers and a hand-turned clock."""
    foreign = [name for name in imports(path) if name.split(".")[0] in {"opentelemetry", "psutil"}]

    assert [] == foreign


@pytest.mark.parametrize(
    "path", [path for path in MODULES if relative(path).split("/")[0] not in MAY_IMPORT_SDK], ids=relative
)
def test_only_the_way_out_knows_the_sdk(path: Path) -> None:
    """Instruments speak the OpenTelemetry API; the SDK and its exporters stay behind the stages that need them."""
    foreign = [name for name in imports(path) if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))]

    assert [] == foreign


def test_private_modules_of_others_are_imported_in_one_file() -> None:
    """`opentelemetry._logs` may move; then one file changes."""
    users = {relative(path) for path in MODULES if any(name.startswith(PRIVATE) for name in imports(path))}

    assert users <= {"logs/otel"}


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    """A newcomer reads the first line of a file and knows whether to read on."""
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert docstring


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_module_outgrows_the_house(path: Path) -> None:
    """One module, one idea: 400 lines are the end."""
    lines = len(path.read_text().splitlines())

    assert lines <= 400


TESTS = sorted(path for path in (PACKAGE.parent / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_every_test_states_its_fact(path: Path) -> None:
    """A failing test names what is no longer true."""
    silent = [
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]

    assert [] == silent


def classes() -> Iterator[tuple[str, str]]:
    """Name and module of every class of the package, those inside classes and functions left out."""
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                yield node.name, relative(path)


def test_one_class_name_has_one_meaning() -> None:
    """A name that is searched for is found once."""
    modules: dict[str, set[str]] = {}
    for name, module in classes():
        modules.setdefault(name, set()).add(module)

    assert {} == {name: found for name, found in modules.items() if len(found) > 1}


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=lambda path: path.name)
def test_no_room_is_crowded(folder: Path) -> None:
    """A newcomer can name the contents of a room: at most twenty modules."""
    modules = [path for path in folder.glob("*.py") if not path.name.startswith("__")]

    assert len(modules) <= 20


def test_no_import_goes_in_a_circle() -> None:
    """Those under TYPE_CHECKING counted, which a reader follows like all others."""
    names = {relative(path).replace("/", ".").removesuffix(".__init__"): path for path in MODULES}
    edges: dict[str, set[str]] = {}
    for name, path in names.items():
        found = {each.removeprefix("otel_agent.") for each in imports(path)} & names.keys()
        # `from package import module` asks for the module, not for what the package exports.
        edges[name] = found - {each.rpartition(".")[0] for each in found} - {name}
    while free := {name for name, found in edges.items() if not found & edges.keys()}:
        edges = {name: found for name, found in edges.items() if name not in free}

    assert {} == edges


def mirrored(path: Path) -> bool:
    """Whether a module has a test at the mirrored path."""
    tests = PACKAGE.parent / "tests" / path.relative_to(PACKAGE).parent
    stem = path.stem.strip("_")
    return any(
        [
            (tests / f"test_{stem}.py").exists(),
            any(tests.glob(f"test_{stem}_*.py")),
            any((tests / stem).rglob("test_*.py")),
        ]
    )


def test_a_test_stands_where_its_module_stands() -> None:
    """Every module with a function or class of its own has one."""
    alone = [
        relative(path)
        for path in MODULES
        if not path.name.startswith("__")
        and any(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            for node in ast.parse(path.read_text()).body
        )
        and not mirrored(path)
    ]

    assert [] == alone
