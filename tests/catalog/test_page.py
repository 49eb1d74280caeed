"""The reference page is what the catalogue makes."""

from pathlib import Path

from otel_agent import catalog
from otel_agent.catalog.page import render

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"


def test_the_reference_page_is_what_the_catalogue_makes() -> None:
    """The committed page is current; `python -m otel_agent.catalog > docs/reference/metrics.md` makes it so."""
    assert render() == PAGE.read_text()


def test_every_metric_attribute_and_event_has_a_row() -> None:
    """Nothing of the catalogue is left out of the tables."""
    rows = [line for line in render().splitlines() if line.startswith("| ")]

    assert not [name for name in (*catalog.METRICS, *catalog.EVENTS) if not any(f"`{name}`" in row for row in rows)]


def test_names_of_a_convention_are_links_and_ours_are_not() -> None:
    """Where a name is defined is one click away."""
    page = render()

    assert "| [`system.cpu.time`](https://github.com/open-telemetry/semantic-conventions/" in page
    assert "| `agent.cache.requests` | counter | `{request}` | Lookups. |" in page


def test_what_appears_in_detail_only_is_marked() -> None:
    """A metric and an attribute of detail say so, in the row they stand in."""
    rows = {line.split(" | ")[0].strip("| "): line for line in render().splitlines() if line.startswith("| ")}

    assert any("`system.paging.usage`" in name and name.endswith("*detail*") for name in rows)
    assert any(
        "`system.cpu.utilization`" in name and "`cpu.logical_number` *detail*" in row for name, row in rows.items()
    )
