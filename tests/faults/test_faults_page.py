"""The page on faults names every row once or more, and tests that exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "explanation" / "faults.md").read_text()


def test_every_row_is_on_the_page() -> None:
    """From 1 to 44, each once."""
    rows = sorted(int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE))

    assert list(range(1, 45)) == rows


def test_every_named_test_exists() -> None:
    """A test that is renamed is renamed on the page."""
    named = set(re.findall(r"`([a-z_/]+\.py)::(test_\w+)`", PAGE))
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in (TESTS / path).read_text()]

    assert len(named) > 25
    assert [] == missing
