"""Lets tests import the stand-ins that several folders share, and keeps what pytest holds out of their way."""

import gc
import sys
from pathlib import Path

for shared in ("config", "delivery/wire", "insight/baselines", "insight/memory", "servers"):
    sys.path.insert(0, str(Path(__file__).parent / shared))


def pytest_collection_finish() -> None:
    """Five thousand collected tests are objects that every full collection of a test's own garbage would look through."""
    gc.collect()
    gc.freeze()
