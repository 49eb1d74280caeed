"""The map for newcomers leads to files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_answer_is_there() -> None:
    """Ten questions, each with a file or folder of the package."""
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## Find your way")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "?" in line]
    paths = [path for row in rows for path in re.findall(r"`([\w/]+(?:\.py|/))`", row)]

    assert 10 == len(rows)
    assert [] == [path for path in paths if not (ROOT / "otel_agent" / path).exists()]
