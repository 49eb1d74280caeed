"""Reference pages are made from the model."""

from pathlib import Path

import pytest

from otel_agent.config.reference.pages import PAGES
from otel_agent.config.tree import leaves

DOCS = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    """`python -m otel_agent.config NAME > docs/reference/NAME.md` changes nothing."""
    assert (DOCS / f"{name}.md").read_text() == PAGES[name]()


def test_every_setting_is_on_the_pages() -> None:
    """By path on the one, by variable on the other; settings of metrics and logs share the table of traces."""
    for path, leaf in leaves().items():
        shared = path.replace("export.metrics.", "export.traces.").replace("export.logs.", "export.traces.")
        assert f"| `{shared}` |" in PAGES["configuration"]()
        assert f"| `{leaf.variable}` | `{path}` |" in PAGES["environment"]()
