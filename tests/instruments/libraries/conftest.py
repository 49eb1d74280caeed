"""What the tests of libraries share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_packages import FakePackages

from otel_agent.instruments.libraries import activation
from otel_agent.instruments.libraries.activation import Libraries


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePackages]:
    """A folder on the path into which packages are installed."""
    monkeypatch.delenv(activation.DISABLED_VARIABLE, raising=False)
    packages = FakePackages(tmp_path, monkeypatch)
    yield packages
    packages.close()


class Installer:
    """`install`, of which everything is taken back when the test ends."""

    def __init__(self) -> None:
        self.made: list[Libraries] = []

    def __call__(self, *names: str, **more: object) -> Libraries:
        self.made.append(activation.install(list(names) or True, **more))  # type: ignore[arg-type]
        return self.made[-1]


@pytest.fixture
def install() -> Iterator[Installer]:
    """Install instrumentations by name, or all."""
    installer = Installer()
    yield installer
    while installer.made:
        installer.made.pop().uninstall()
