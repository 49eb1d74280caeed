"""Installed instrumentations are found, isolated, and keep the reason why not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.trace import NoOpTracerProvider

from otel_agent.instruments.libraries import activation as libraries
from otel_agent.instruments.libraries import packages
from otel_agent.instruments.libraries.activation import Libraries, OwnInstrument

MODULE = """
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

calls = []

class Good(BaseInstrumentor):
    def instrumentation_dependencies(self):
        return ()

    def _instrument(self, **kwargs):
        kwargs.get("tracer_provider"), kwargs.get("meter_provider")
        calls.append(("instrument", kwargs))

    def _uninstrument(self, **kwargs):
        calls.append(("uninstrument", kwargs))

class Raising(Good):
    _instance = None

    def _instrument(self, **kwargs):
        raise RuntimeError("no such\\nthing")

    def _uninstrument(self, **kwargs):
        raise RuntimeError("cannot go back")

class Stubborn(Raising):
    _instance = None

    def _instrument(self, **kwargs):
        pass
"""


made: list[Libraries] = []


@pytest.fixture(autouse=True)
def _taken_back() -> Iterator[None]:
    yield
    while made:
        made.pop().uninstall()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path that offers instrumentations, hiding none of the real ones."""
    (tmp_path / "fake_instrumentations.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv(libraries.DISABLED_VARIABLE, raising=False)
    yield tmp_path
    sys.modules.pop("fake_instrumentations", None)


def install(*arguments: Any, **more: Any) -> Libraries:
    """What `install` returns, taken back when the test ends."""
    made.append(libraries.install(*arguments, **more))
    return made[-1]


def offer(site: Path, name: str, target: str, *requires: str) -> None:
    """Register an instrumentation as an installed distribution would."""
    folder = site / f"fake_{name}-1.0.dist-info"
    folder.mkdir()
    lines = [
        "Metadata-Version: 2.1",
        f"Name: fake-{name}",
        "Version: 1.0",
        *(f"Requires-Dist: {line}" for line in requires),
    ]
    (folder / "METADATA").write_text("\n".join(lines) + "\n")
    (folder / "entry_points.txt").write_text(f"[{packages.GROUP}]\n{name} = {target}\n")


def calls() -> list[Any]:
    """What the fake instrumentation was told."""
    return list(sys.modules["fake_instrumentations"].calls)


def test_an_installed_instrumentation_is_activated_with_our_providers(site: Path) -> None:
    """Spans and metrics of a library go where the agent's own go, and shutting down takes it back."""
    offer(site, "good", "fake_instrumentations:Good")
    tracers, meters = NoOpTracerProvider(), NoOpMeterProvider()
    found = install(["good"], tracer_provider=tracers, meter_provider=meters)

    assert {"good": "instrumented"} == found.status
    assert [("instrument", {"tracer_provider": tracers, "meter_provider": meters})] == calls()
    found.uninstall()
    found.uninstall()
    assert {"good": "uninstrumented"} == found.status
    assert ("uninstrument", {}) == calls()[-1]


def test_each_failure_keeps_its_reason_and_hurts_no_other(site: Path) -> None:
    """One bad instrumentation never costs another one."""
    offer(site, "a_broken", "no_such_module_anywhere:Thing")
    offer(site, "b_raising", "fake_instrumentations:Raising")
    offer(site, "c_absent", "must_not_be_imported:Thing", 'no-such-library >= 1.0; extra == "instruments"')
    offer(site, "d_old", "must_not_be_imported:Thing", 'pytest < 2.0; extra == "instruments"')
    offer(
        site,
        "e_any",
        "must_not_be_imported:Thing",
        'no-a; extra == "instruments-any"',
        'no-b; extra == "instruments-any"',
    )
    offer(site, "z_good", "fake_instrumentations:Good")
    found = install(True)
    version = pytest.__version__

    assert "cannot be imported: No module named 'no_such_module_anywhere'" == found.status["a_broken"]
    assert "failed: RuntimeError: no such thing" == found.status["b_raising"]
    assert "needs no-such-library>=1.0, which is not installed" == found.status["c_absent"]
    assert f"needs pytest<2.0, found pytest {version}" == found.status["d_old"]
    assert "needs no-a or no-b, which is not installed" == found.status["e_any"]
    assert "instrumented" == found.status["z_good"]
    assert [] == found.problems
    found.uninstall()


def test_an_instrumentation_that_is_already_active_is_left_alone(site: Path) -> None:
    """What the agent instrumented itself is neither done twice nor undone by us."""
    offer(site, "good", "fake_instrumentations:Good")
    first = install(["good"])
    second = install(["good"])

    assert {"good": "already instrumented by the agent itself"} == second.status
    second.uninstall()
    assert 1 == len(calls())
    first.uninstall()


def test_a_failing_uninstrumentation_is_survived(site: Path) -> None:
    """Shutting down never raises."""
    offer(site, "stubborn", "fake_instrumentations:Stubborn")
    found = install(["stubborn"])
    found.uninstall()

    assert {"stubborn": "uninstrumented"} == found.status


@pytest.mark.parametrize("value", ["good", "other, good", "*"])
def test_the_standard_variable_disables(site: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """OTEL_PYTHON_DISABLED_INSTRUMENTATIONS is honoured, for our own instruments too."""
    offer(site, "good", "fake_instrumentations:Good")
    monkeypatch.setenv(libraries.DISABLED_VARIABLE, value)
    found = install(["good"])

    assert {"good": "disabled by OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"} == found.status


def test_a_misspelt_name_is_told_with_the_nearest_known_one(site: Path) -> None:
    """A mistake in the list is one clear line."""
    offer(site, "goodlib", "fake_instrumentations:Good")
    found = install(["goodlyb", "frobnicate"])

    assert "no instrumentation of that name is installed; did you mean 'goodlib'?" == found.status["goodlyb"]
    assert "pip install opentelemetry-instrumentation-frobnicate" in found.status["frobnicate"]
    assert ["instrument: 'goodlyb'", "instrument: 'frobnicate'"] == [
        line.rsplit(": no ", 1)[0] for line in found.problems
    ]


def test_our_own_instruments_take_the_place_of_entry_points(site: Path) -> None:
    """SQLAlchemy goes through us; logging, system_metrics and threading would record twice and are left out."""
    offer(site, "logging", "must_not_be_imported:Thing")

    def fail() -> str:
        raise ValueError("broken")

    own = {"sqlalchemy": OwnInstrument("sys", lambda: "instrumented"), "mine": OwnInstrument("sys", fail)}
    found = install(True, own=own)

    assert "instrumented" == found.status["sqlalchemy"]
    assert "failed: ValueError: broken" == found.status["mine"]
    assert libraries.OWN["logging"] == found.status["logging"]
    assert "threading" not in found.status
    assert {"threading": libraries.OWN["threading"]} == install(["threading"]).status


def test_none_are_touched_on_request(site: Path) -> None:
    """instrument=False activates nothing and looks nothing up."""
    assert {} == install(False).status
    assert {} == install([]).status


def test_unreadable_metadata_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken site-packages folder costs the instrumentations, not the agent."""

    def broken() -> list[packages.EntryPoint]:
        raise OSError("unreadable")

    monkeypatch.setattr(packages, "entry_points", broken)

    assert {"sqlalchemy": "instrumented"} == install(
        ["sqlalchemy"], own={"sqlalchemy": OwnInstrument("sys", lambda: "instrumented")}
    ).status


def test_waiting_stays_light() -> None:
    """Instrumentations that wait load neither `packaging` nor the machinery of contrib, nor any library."""
    code = (
        "import sys; from otel_agent.instruments.libraries import activation;"
        "activation.install(True, own={'mine': activation.OwnInstrument('no_such_module', lambda: 'instrumented')});"
        "print(sorted({'packaging', 'importlib.metadata', 'opentelemetry.instrumentation', 'opentelemetry.sdk'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == result.stdout.strip()
