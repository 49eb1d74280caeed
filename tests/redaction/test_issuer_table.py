"""The table of issuers stands in the documentation as it is in the code."""

from pathlib import Path

from otel_agent.redaction.detection.issuers import ISSUERS
from otel_agent.redaction.issuer_table import issuer_table

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "what-leaves.md"


def test_every_kind_has_a_row() -> None:
    """The name that stands in the marker, and what every token has."""
    table = issuer_table()

    assert all(f"| {issuer.name} | `" in table for issuer in ISSUERS)


def test_the_page_has_the_table() -> None:
    """`otel-agent redact --rules` makes what the page shows."""
    assert issuer_table() in PAGE.read_text()
