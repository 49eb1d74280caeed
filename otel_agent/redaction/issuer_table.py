"""The table of issuers as a table of the documentation."""

from otel_agent.redaction.detection.issuers import ISSUERS

__all__ = ["issuer_table"]


def issuer_table() -> str:
    """The kinds of tokens in Markdown: what stands in the marker, and the part of a token by which it is looked for."""
    rows = [f"| {issuer.name} | `{issuer.anchor.replace('|', chr(92) + '|')}` |" for issuer in ISSUERS]
    return "\n".join(["| kind | every token has |", "|---|---|", *rows])
