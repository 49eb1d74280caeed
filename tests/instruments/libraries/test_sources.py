"""Sources of instrumentations are read as text and never run."""

from pathlib import Path

import pytest

from otel_agent.instruments.libraries.sources import declared_libraries, mentioned_modules, used_modules

SOURCE = """
import os
from opentelemetry.trace import get_tracer
import library_of_this_test
from library_of_this_test import web, Client  # the front door
from library_of_this_test.deep import (
    Thing,
)

_instruments = ("library-of-this-test >= 1.0",)
raise RuntimeError("nobody may run this")

class Instrumentor:
    def instrumentation_dependencies(self):
        return ("other ~= 2.0",)

    def _instrument(self, **kwargs):
        import optional
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An instrumentation on the path."""
    (tmp_path / "instrumentation_of_this_test.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "instrumentation_of_this_test"


def test_the_modules_it_uses_are_found(module: str) -> None:
    """Names of the front door count as the library itself."""
    assert {"library_of_this_test", "library_of_this_test.deep"} == used_modules(module, "library_of_this_test")


def test_what_it_may_import_is_found_wherever_it_stands(module: str) -> None:
    """Without the standard library and OpenTelemetry."""
    assert {"library_of_this_test", "optional"} == mentioned_modules(module)


def test_the_libraries_it_declares_are_found(module: str) -> None:
    """In its method and in its list."""
    assert {"library-of-this-test", "other"} == set(declared_libraries(module))


def test_a_source_that_is_not_there_says_nothing() -> None:
    """As of an instrumentation in a zip file."""
    assert (set(), set(), []) == (
        used_modules("nowhere.x", "x"),
        mentioned_modules("nowhere.x"),
        declared_libraries("nowhere.x"),
    )
