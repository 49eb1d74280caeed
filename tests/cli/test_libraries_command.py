"""`otel-agent libraries` says what is instrumented and what to install, without importing any of it."""

import json
from pathlib import Path

import pytest
from fake_packages import FakePackages

from otel_agent.cli import main


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePackages:
    """Packages that only say that they are there."""
    monkeypatch.chdir(tmp_path)
    packages = FakePackages(tmp_path, monkeypatch)
    packages.distribution("aiopg", version="1.4.0")
    packages.library("fake-shop", "raise AssertionError('imported')", package="fake_shop")
    packages.instrumentation("shop", "fake-shop", source="raise AssertionError('imported')")
    packages.instrumentation("absent", "no-such-library >= 2")
    return packages


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, dict[str, object]]]:
    """Status and answer of the command, by name."""
    status = main(["libraries", "--json", *words])
    return status, {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_each_library_has_a_line(site: FakePackages, capsys: pytest.CaptureFixture[str]) -> None:
    """What waits, what is not there, and what to install for what nothing instruments."""
    status, found = rows(capsys)

    assert 0 == status
    assert ("ready", "instrumented when fake_shop is imported") == (found["shop"]["state"], found["shop"]["message"])
    assert "needs no-such-library>=2, which is not installed" == found["absent"]["message"]
    assert ("missing", "opentelemetry-instrumentation-aiopg") == (found["aiopg"]["state"], found["aiopg"]["install"])
    assert 0 == main(["libraries"])
    assert "pip install opentelemetry-instrumentation-aiopg" in capsys.readouterr().out


def test_a_conflict_of_versions_is_not_well(site: FakePackages, capsys: pytest.CaptureFixture[str]) -> None:
    """An instrumentation that does not fit its library gives status 1."""
    site.instrumentation("bazaar", "fake-shop >= 2.0")
    status, found = rows(capsys)

    assert (1, "conflict") == (status, found["bazaar"]["state"])
    assert "needs fake-shop>=2.0, found fake-shop 1.0" == found["bazaar"]["message"]


def test_what_is_switched_off_says_so(
    site: FakePackages, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the standard variable, or by the configuration."""
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "shop")
    assert "left out" == rows(capsys)[1]["shop"]["state"]
    monkeypatch.delenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS")
    monkeypatch.setenv("OTEL_AGENT_INSTRUMENT__LIBRARIES", "sqlalchemy")
    assert "not named in instrument.libraries" == rows(capsys)[1]["shop"]["message"]


def test_the_doctor_names_them_too(site: FakePackages, capsys: pytest.CaptureFixture[str]) -> None:
    """With what to install, and what does not fit."""
    site.instrumentation("bazaar", "fake-shop >= 2.0")
    main(["doctor", "--json"])
    found = [row for row in json.loads(capsys.readouterr().out) if row["subject"] == "libraries"]

    assert any("shop" in row["message"] and row["verdict"] == "ok" for row in found)
    assert any("found fake-shop 1.0" in row["message"] and row["verdict"] == "warning" for row in found)
    assert any("opentelemetry-instrumentation-aiopg" in row["message"] for row in found)
