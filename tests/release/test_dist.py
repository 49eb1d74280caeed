"""A release is whole: wheel, source archive and list of parts, each with its licence."""

import importlib.util
import json
import re
import sys
import tomllib
import zipfile
from email import message_from_bytes
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

RELEASE = Path(__file__).parents[2] / "release"


@pytest.fixture(scope="module")
def dist() -> ModuleType:
    """The script, with the modules beside it."""
    sys.path.insert(0, str(RELEASE))
    try:
        spec = importlib.util.spec_from_file_location("release_dist", RELEASE / "dist.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(RELEASE))
    return module


@pytest.fixture(scope="module")
def made(dist: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A release."""
    found: tuple[Path, Path, Path] = dist.build(tmp_path_factory.mktemp("release") / "dist")
    return found


def test_archives_hold_what_they_must_and_nothing_else(dist: ModuleType, made: tuple[Path, Path, Path]) -> None:
    """Package, types, licence, the collector's configuration and the list of parts; no cache, no test in the wheel."""
    for archive in made[:2]:
        dist.check_contents(archive)

    assert not [name for name in dist.contents(made[0]) if "test_" in name]


@pytest.mark.parametrize("name", ["otel_agent/cache.pyc", "tests/test_x.py"])
def test_a_stranger_is_found(dist: ModuleType, made: tuple[Path, Path, Path], tmp_path: Path, name: str) -> None:
    """A release with a file that does not belong there does not go out, and the file is named."""
    spoilt = tmp_path / made[0].name
    spoilt.write_bytes(made[0].read_bytes())
    with zipfile.ZipFile(spoilt, "a") as archive:
        archive.writestr(name, "")

    with pytest.raises(dist.ReleaseError, match=name):
        dist.check_contents(spoilt)


def test_the_wheel_says_what_it_is(made: tuple[Path, Path, Path]) -> None:
    """Version, licence, command and entry points are those of this package."""
    with zipfile.ZipFile(made[0]) as wheel:
        folder = next(name for name in wheel.namelist() if name.endswith("/METADATA")).rpartition("/")[0]
        about = message_from_bytes(wheel.read(f"{folder}/METADATA"))
        entries = wheel.read(f"{folder}/entry_points.txt").decode()
        licence = wheel.read(f"{folder}/licenses/LICENSE").decode()

    assert (metadata.version("otel-agent"), "Apache-2.0") == (about["Version"], about["License-Expression"])
    assert "Apache License" in licence
    assert "otel-agent = otel_agent.cli:main" in entries
    assert "otel_agent = otel_agent.testing.plugin" in entries


def test_the_list_of_parts_has_every_package_with_version_and_licence(made: tuple[Path, Path, Path]) -> None:
    """What an installation brings is in it once, and everything that is needed by another; the wheel has the same list."""
    parts: dict[str, Any] = json.loads(made[2].read_text())
    components = {each["name"]: each for each in parts["components"]}
    references = {each["bom-ref"] for each in parts["components"]} | {parts["metadata"]["component"]["bom-ref"]}
    with zipfile.ZipFile(made[0]) as wheel:
        inside = wheel.read(next(name for name in wheel.namelist() if "/sboms/" in name))

    assert ("CycloneDX", "1.6") == (parts["bomFormat"], parts["specVersion"])
    assert {"opentelemetry-sdk", "msgspec", "pyyaml", "urllib3"} <= set(components)
    assert {"pytest", "sqlalchemy"}.isdisjoint(components)
    assert metadata.version("msgspec") == components["msgspec"]["version"]
    assert all(each["licenses"] for each in components.values())
    assert references == {each["ref"] for each in parts["dependencies"]}
    assert {needed for each in parts["dependencies"] for needed in each["dependsOn"]} <= references
    assert parts == json.loads(inside)


def test_no_version_of_opentelemetry_is_forbidden() -> None:
    """An agent decides the versions it has: what this package needs of OpenTelemetry has a floor and no ceiling."""
    project = tomllib.loads((RELEASE.parent / "pyproject.toml").read_text())["project"]
    ranges = [each for each in project["dependencies"] if each.startswith("opentelemetry-")]

    assert 4 == len(ranges)
    assert all(re.fullmatch(r"[a-z-]+>=[\d.b]+", each) for each in ranges)
