"""What is installed is read from its folders, as `importlib.metadata` would read it."""

import importlib.metadata
import sys
import zipfile
from pathlib import Path

import pytest

from otel_agent.config import installed

GROUP = "opentelemetry_instrumentor"


def lay(site: Path, folder: str, entry_points: str | None = None) -> None:
    """Install a distribution of nothing."""
    (site / folder).mkdir()
    name, version = folder.removesuffix(".dist-info").split("-")
    (site / folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if entry_points is not None:
        (site / folder / "entry_points.txt").write_text(entry_points)


def test_it_says_what_the_standard_library_says() -> None:
    """Of every distribution in this environment the version is the same, and of every group the names."""
    found = {dist.name: dist.version for dist in importlib.metadata.distributions()}
    groups = importlib.metadata.entry_points().groups

    assert {name: importlib.metadata.version(name) for name in found} == {
        name: installed.version(name) for name in found
    }
    assert {group: set(importlib.metadata.entry_points(group=group).names) for group in groups} == {
        group: installed.entry_names(group) for group in groups
    }


def test_the_first_of_a_name_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that hides another of its name hides its entry points too, however either is written."""
    for place, folder, names in (("one", "a_b-2.0.dist-info", "new = m:x"), ("two", "A.b-1.0.dist-info", "old = m:x")):
        (tmp_path / place).mkdir()
        lay(
            tmp_path / place, folder, f"[other]\nnone = m:x\n[{GROUP}]\n# a comment\n{names}\n\n[more]\nnothing = m:x\n"
        )
    monkeypatch.setattr(sys, "path", [str(tmp_path / "one"), str(tmp_path / "two"), str(tmp_path / "gone")])

    assert ("2.0", {"new"}) == (installed.version("A-B"), installed.entry_names(GROUP))


def test_what_is_not_there_has_no_version() -> None:
    """A package that was copied onto the path has none."""
    assert installed.version("no-such-distribution-anywhere") is None


@pytest.mark.parametrize("kind", ["zip", "egg", "importer"])
def test_what_only_the_standard_library_can_read_is_left_to_it(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zip files, eggs and foreign importers are never overlooked."""
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            archive.writestr("zipped-3.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: zipped\nVersion: 3.1\n")
        monkeypatch.syspath_prepend(str(tmp_path / "all.zip"))

        assert "3.1" == installed.version("zipped")
    elif kind == "egg":
        (tmp_path / "old.egg").mkdir()
        monkeypatch.syspath_prepend(str(tmp_path))
    else:
        finder = type("Finder", (), {"find_distributions": staticmethod(lambda *_: ()), "find_spec": lambda *_: None})
        monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder])

    assert installed.entry_names(GROUP) is None
