"""Functions that are called after imports, without anybody else noticing."""

import importlib
import importlib.resources
import inspect
import os
import pkgutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from forked import status_of_child

from otel_agent.instruments import imports
from otel_agent.instruments.imports import Watch, after_import

NAME = "watched_under_test"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package nobody has imported."""
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "__init__.py").write_text("VALUE = 1\n")
    (folder / "part.py").write_text("def f():\n    return 2\n")
    (folder / "broken.py").write_text("raise LookupError('broken')\n")
    (folder / "data.txt").write_text("data")
    (tmp_path / f"{NAME}_space").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.startswith(NAME)]:
        del sys.modules[name]
    assert imports._FINDER not in sys.meta_path


class Seen:
    """A watcher that writes down what it is told."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.watch: Watch = after_import(lambda name: name.startswith(NAME), self)

    def __call__(self, module: ModuleType) -> None:
        self.names.append(module.__name__)


def test_a_module_is_told_after_its_body_has_run(package: Path) -> None:
    """Packages and modules, each once, with everything in them; those imported earlier are not told."""
    importlib.import_module(NAME)
    values: list[object] = []
    watch = after_import(lambda name: name == f"{NAME}.part", lambda module: values.append(module.f()))
    importlib.import_module(f"{NAME}.part")
    watch.close()
    watch.close()

    assert [2] == values


def test_a_module_looks_as_if_nobody_watched(package: Path) -> None:
    """Loader, specification, source and resources are the true ones."""
    seen = Seen()
    module = importlib.import_module(f"{NAME}.part")
    seen.watch.close()

    assert [NAME, f"{NAME}.part"] == seen.names
    assert "SourceFileLoader" == type(module.__loader__).__name__
    assert module.__spec__ is not None
    assert module.__loader__ is module.__spec__.loader
    assert "return 2" in inspect.getsource(module.f)
    assert "data" == importlib.resources.files(NAME).joinpath("data.txt").read_text()
    assert b"data" == pkgutil.get_data(NAME, "data.txt")


def test_reloading_tells_again(package: Path) -> None:
    """A module that is made anew has new functions."""
    module = importlib.import_module(NAME)
    seen = Seen()
    importlib.reload(module)
    seen.watch.close()

    assert [NAME] == seen.names


def test_an_import_that_fails_fails_as_it_would(package: Path) -> None:
    """The module's own exception comes out, nobody is told, and a name that does not exist is not found."""
    seen = Seen()
    with pytest.raises(LookupError, match="broken"):
        importlib.import_module(f"{NAME}.broken")
    with pytest.raises(ModuleNotFoundError, match="absent"):
        importlib.import_module(f"{NAME}.absent")
    seen.watch.close()

    assert [NAME] == seen.names


def test_a_watcher_that_fails_is_reported_and_disturbs_nobody(package: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the import nor the other watchers feel it, be it asking or telling that fails."""

    def fail(_: object) -> Any:
        raise RuntimeError

    asking, telling = after_import(fail, fail), after_import(lambda name: name == NAME, fail)
    seen = Seen()
    module = importlib.import_module(NAME)
    for watch in (asking, telling, seen.watch):
        watch.close()

    assert 1 == module.VALUE
    assert [NAME] == seen.names
    assert "could not be" in caplog.text


def test_packages_without_a_file_are_left_to_python(package: Path) -> None:
    """A namespace package has nothing to run."""
    seen = Seen()
    importlib.import_module(f"{NAME}_space")
    seen.watch.close()

    assert [] == seen.names


def test_imports_in_threads_are_told_once(package: Path) -> None:
    """However many threads import a module at once, it is imported, and told, once."""
    seen = Seen()
    threads = [threading.Thread(target=importlib.import_module, args=(f"{NAME}.part",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    seen.watch.close()

    assert [NAME, f"{NAME}.part"] == seen.names


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_waits_for_no_thread_that_stayed_behind() -> None:
    """It begins to watch, and ends, although somebody did so at the moment of the fork."""

    def watch() -> None:
        Seen().watch.close()

    assert 0 == status_of_child(watch, imports._lock)
