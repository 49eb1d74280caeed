"""An instrumentation and the version of its library that is installed."""

import pytest

from otel_agent.instruments.libraries import conflicts
from otel_agent.instruments.libraries.packages import EntryPoint


class Described:
    """A package with a version and metadata."""

    def __init__(self, name: str, version: str, metadata: str = "") -> None:
        self.name = name
        self.version = version
        self._metadata = metadata

    def read(self, name: str) -> str:
        """A file of its metadata."""
        return self._metadata if name == "METADATA" else ""


def conflict(needs: str, monkeypatch: pytest.MonkeyPatch, **installed: str) -> str | None:
    """Why what is installed does not fit."""
    found = {name: Described(name, version) for name, version in installed.items()}
    monkeypatch.setattr(conflicts, "packages", lambda: found)
    return conflicts.conflict(EntryPoint("x", "x", "X", Described("instrumentation", "1", needs)))


ALL = 'Requires-Dist: flask>=2 ; extra == "instruments"\n'
ANY = 'Requires-Dist: a>=1 ; extra == "instruments-any"\nRequires-Dist: b>=1 ; extra == "instruments-any"\n'


def test_what_fits_has_no_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of what is needed, or any of several."""
    assert conflict(ALL, monkeypatch, flask="3.0") is None
    assert conflict(ANY, monkeypatch, b="1.5") is None


def test_a_conflict_says_what_is_needed_and_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line."""
    assert "needs flask>=2, found flask 1.1" == conflict(ALL, monkeypatch, flask="1.1")
    assert "needs flask>=2, which is not installed" == conflict(ALL, monkeypatch)
    assert "needs a>=1 or b>=1, found b 0.9" == conflict(ANY, monkeypatch, b="0.9")
