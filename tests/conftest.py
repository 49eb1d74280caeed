"""
Lets tests import the stand-ins that several folders share, and keeps what pytest holds out of their way.

Tests marked `needs` use packages that are not everywhere. They are skipped where one is missing; with `--frameworks` they alone are
run, and fail where one is missing.
"""

import gc
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

for shared in ("config", "delivery/wire", "insight/baselines", "insight/memory", "servers"):
    sys.path.insert(0, str(Path(__file__).parent / shared))

# Another program that takes the machine's time has no say in whether an example passes.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def is_installed(module: str) -> bool:
    """Whether a module can be found; it is not imported here, only the packages around it."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def needed(item: pytest.Item) -> Sequence[str]:
    """Modules that a test uses and that are not everywhere."""
    return [name for mark in item.iter_markers("needs") for name in mark.args]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have `--frameworks`."""
    parser.addoption("--frameworks", action="store_true", help="run the tests marked `needs` and no others")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose, or skip, the tests marked `needs`."""
    if config.getoption("--frameworks"):
        config.hook.pytest_deselected(items=[item for item in items if not needed(item)])
        items[:] = [item for item in items if needed(item)]
        return
    for item in items:
        if missing := [name for name in needed(item) if not is_installed(name)]:
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))


def pytest_collection_finish() -> None:
    """Five thousand collected tests are objects that every full collection of a test's own garbage would look through."""
    gc.collect()
    gc.freeze()
