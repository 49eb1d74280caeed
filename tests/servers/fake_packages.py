"""Packages that are installed into a folder on the path: libraries, and instrumentations for them."""

import sys
from pathlib import Path

import pytest

__all__ = ["FakePackages"]

INSTRUMENTATION = """
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
{imports}

class Fake(BaseInstrumentor):
    def instrumentation_dependencies(self):
        return ()

    def _instrument(self, **kwargs):
        {instrument}

    def _uninstrument(self, **kwargs):
        {uninstrument}
"""


class FakePackages:
    """
    A folder on `sys.path`; what was imported from it is forgotten by `close`, if its name begins with `fake_`.

    Args:
        folder: An empty folder.
        monkeypatch: Takes it from the path again.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.syspath_prepend(str(folder))

    def module(self, name: str, source: str = "") -> None:
        """Write a module; its parents become packages."""
        path = self.folder.joinpath(*name.split("."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".py").write_text(source)

    def library(self, name: str, source: str = "", *, version: str = "1.0", package: str = "", **modules: str) -> None:
        """Install a library whose package is `package` (its own name, unless given), with modules below it."""
        place = self.folder.joinpath(*(package or name).split("."))
        place.mkdir(parents=True)
        (place / "__init__.py").write_text(source)
        for module, text in modules.items():
            (place / f"{module}.py").write_text(text)
        files = [path.relative_to(self.folder).as_posix() for path in place.iterdir()]
        self.distribution(name, version=version, files=files)

    def distribution(self, name: str, *, version: str = "1.0", files: list[str] | None = None, more: str = "") -> Path:
        """Install metadata, of a package with these files."""
        folder = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}")
        if files is not None:
            (folder / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in files))
        return folder

    def instrumentation(
        self,
        name: str,
        *requires: str,
        imports: str = "",
        instrument: str = "pass",
        uninstrument: str = "pass",
        source: str = "",
    ) -> str:
        """Install an instrumentation, for the requirements of the extra `instruments`; gives the name of its module."""
        module = f"fake_instrumentation_{name}"
        text = source or INSTRUMENTATION.format(imports=imports, instrument=instrument, uninstrument=uninstrument)
        (self.folder / f"{module}.py").write_text(text)
        lines = "".join(
            f"Requires-Dist: {line}" + ("\n" if "extra" in line else '; extra == "instruments"\n') for line in requires
        )
        folder = self.distribution(f"opentelemetry-instrumentation-{name}", more=lines)
        (folder / "entry_points.txt").write_text(f"[opentelemetry_instrumentor]\n{name} = {module}:Fake\n")
        return module

    def close(self) -> None:
        """Forget what was imported from here."""
        for name in [name for name in sys.modules if name.startswith("fake_")]:
            if name != __name__:
                del sys.modules[name]
