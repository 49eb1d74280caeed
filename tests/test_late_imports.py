"""Late imports: loaded when first used, and never in the middle of a fork."""

import os
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import PATIENCE_S, until

from otel_agent import late_imports
from otel_agent.late_imports import late_module, load


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules can be imported; forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before, known = set(sys.modules), dict(late_imports._loaded)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]
    late_imports._loaded.clear()
    late_imports._loaded.update(known)


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch, library: Path) -> Iterator[types.ModuleType]:
    """A module `slow` that says when it has begun to be loaded, and goes on when it may."""
    gates = types.ModuleType("gates")
    vars(gates).update(begun=threading.Event(), may_go_on=threading.Event())
    monkeypatch.setitem(sys.modules, "gates", gates)
    (library / "slow.py").write_text("import gates\ngates.begun.set()\ngates.may_go_on.wait(60)\nVALUE = 1\n")
    yield gates
    vars(gates)["may_go_on"].set()


def loading_slowly(gates: types.ModuleType) -> threading.Thread:
    """A thread that is loading `slow`."""
    thread = threading.Thread(target=load, args=("slow",), daemon=True)
    thread.start()
    assert vars(gates)["begun"].wait(PATIENCE_S)
    return thread


def status_of_child(pid: int) -> int:
    """Exit status of a forked child."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_late_module_is_loaded_by_its_first_attribute(library: Path) -> None:
    """Naming it loads nothing."""
    (library / "heavy.py").write_text("VALUE = 7\n")
    heavy = late_module("heavy")

    assert ("<late module 'heavy'>", False) == (repr(heavy), "heavy" in sys.modules)
    assert (7, True) == (heavy.VALUE, "heavy" in sys.modules)


def test_what_it_needs_is_loaded_before_it(library: Path) -> None:
    """A module that would import another one when it is used finds it there."""
    (library / "needed.py").write_text("")
    (library / "needing.py").write_text("import sys\nHAD_IT = 'needed' in sys.modules\n")

    assert late_module("needing", "needed").HAD_IT


def test_a_module_that_is_not_installed_is_an_import_error_when_it_is_used(library: Path) -> None:
    """And can be loaded once it is there."""
    absent = late_module("installed_later")
    with pytest.raises(ImportError, match="installed_later"):
        absent.VALUE  # noqa: B018 - it is the look that raises

    (library / "installed_later.py").write_text("VALUE = 1\n")
    assert not late_imports.is_loading_elsewhere()
    import importlib

    importlib.invalidate_caches()
    assert 1 == absent.VALUE


def test_an_attribute_that_is_not_there_is_an_attribute_error(library: Path) -> None:
    """As of any module."""
    (library / "small.py").write_text("")
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        late_module("small").nothing_of_the_kind  # noqa: B018 - it is the look that raises


def test_a_module_is_loaded_once(library: Path) -> None:
    """Whoever names it, and however often it is used."""
    (library / "counted.py").write_text("import sys\nsys.modules['counted_loads'].append(1)\n")
    loads: list[int] = []
    sys.modules["counted_loads"] = loads  # type: ignore[assignment]  # anything can stand there
    first, second = load("counted"), load("counted")

    assert first is second
    assert [1] == loads


def test_names_of_a_package_are_loaded_when_they_are_used(library: Path) -> None:
    """A name that was asked for once is kept in the package; one it does not have is named."""
    (library / "front").mkdir()
    (library / "front" / "__init__.py").write_text(
        "from otel_agent.late_imports import late_names\n__getattr__ = late_names(__name__, {'Thing': 'front.things'})\n"
    )
    (library / "front" / "things.py").write_text("class Thing:\n    pass\n")
    front = load("front")

    assert "front.things" not in sys.modules
    assert "Thing" == front.Thing.__name__
    assert "Thing" in vars(front)
    with pytest.raises(AttributeError, match="module 'front' has no attribute 'Other'"):
        front.Other  # noqa: B018 - it is the look that raises


def test_whoever_forks_sees_that_another_thread_is_loading(gates: types.ModuleType) -> None:
    """Until the module is there; one's own loading does not count."""
    thread = loading_slowly(gates)

    assert late_imports.is_loading_elsewhere()
    vars(gates)["may_go_on"].set()
    thread.join(PATIENCE_S)
    assert not late_imports.is_loading_elsewhere()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_fork_waits_for_a_module_that_is_being_loaded(gates: types.ModuleType) -> None:
    """The child has the whole module, and nobody holds its lock."""
    from otel_agent.lifecycle.forks import follow_forks

    class Follower:
        def hold_for_fork(self) -> None:
            """Let the other thread finish while the fork waits for it."""
            vars(gates)["may_go_on"].set()

        def go_on_after_fork(self) -> None:
            """Content."""

        def reinit_after_fork(self) -> None:
            """Content."""

    follower = Follower()
    follow_forks(follower)
    thread = loading_slowly(gates)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if load("slow").VALUE == 1 and not late_imports.is_loading_elsewhere() else 1)
    thread.join(PATIENCE_S)

    assert 0 == status_of_child(pid)


def test_what_begins_to_load_while_another_thread_forks_waits_for_the_fork(library: Path) -> None:
    """The forking thread itself may load, or it would wait for itself."""
    (library / "theirs.py").write_text("")
    (library / "mine.py").write_text("")
    done = threading.Event()

    def load_theirs() -> None:
        load("theirs")
        done.set()

    late_imports.hold_for_fork()
    thread = threading.Thread(target=load_theirs, daemon=True)
    try:
        thread.start()

        assert load("mine") is sys.modules["mine"]
        assert not done.wait(0.05)
        assert "theirs" not in sys.modules
    finally:
        late_imports.go_on_after_fork()
    assert done.wait(PATIENCE_S)
    thread.join(PATIENCE_S)


def test_a_fork_that_does_not_end_stops_nobody_for_good(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it goes on after a while."""
    (library / "patient.py").write_text("")
    monkeypatch.setattr(late_imports, "_FORK_S", 0.05)
    late_imports.hold_for_fork()
    try:
        thread = threading.Thread(target=load, args=("patient",), daemon=True)
        thread.start()

        assert until(lambda: "patient" in sys.modules)
        thread.join(PATIENCE_S)
    finally:
        late_imports.go_on_after_fork()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_child_knows_nothing_of_its_parent_s_threads(gates: types.ModuleType) -> None:
    """What they were loading is not waited for, and everything can be loaded."""
    thread = loading_slowly(gates)
    late_imports.hold_for_fork()
    try:
        late_imports.reinit_after_fork()

        assert not late_imports.is_loading_elsewhere()
    finally:
        late_imports.go_on_after_fork()
    vars(gates)["may_go_on"].set()
    thread.join(PATIENCE_S)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_module_that_forks_while_it_is_loaded_is_loaded_to_its_end_in_both(library: Path) -> None:
    """As a program's main module does that is loaded late."""
    (library / "forking.py").write_text("import os\nPID = os.fork()\n")
    pid = load("forking").PID
    if pid == 0:
        os._exit(1 if late_imports._in_progress else 0)

    assert 0 == status_of_child(pid)
    assert {} == late_imports._in_progress


def test_what_is_loaded_later_is_looked_for_where_it_was_at_the_start(tmp_path: Path) -> None:
    """A folder that the program puts first on its path is nothing to us, and everything to the program."""
    (tmp_path / "wave.py").write_text("print('the folder')\n")
    (tmp_path / "brotli_of_nobody.py").write_text("print('executed')\n")
    code = f"""
import sys
from otel_agent.late_imports import keep_to, load
keep_to(list(sys.path))
sys.path.insert(0, {str(tmp_path)!r})
print(load("wave").__name__, "Wave_read" in vars(load("wave")))
try:
    load("brotli_of_nobody")
except ModuleNotFoundError as error:
    print(error.name)
del sys.modules["wave"]
import wave
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert ["wave True", "brotli_of_nobody", "the folder"] == ended.stdout.splitlines()
