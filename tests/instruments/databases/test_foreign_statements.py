"""Statements in spans of other libraries' instrumentations."""

from otel_agent.instruments.databases.foreign_statements import MOST_SYSTEMS, ForeignStatements


def test_a_statement_loses_its_values_and_tells_operation_and_table() -> None:
    """Whichever product the span names."""
    read = ForeignStatements().facts_of("postgresql", "select name from member where id = 42 and town = 'Bonn'")

    assert ("select name from member where id = ? and town = ?", "SELECT", "member") == read


def test_names_of_products_are_bounded() -> None:
    """Whatever spans call them."""
    statements = ForeignStatements()
    for number in range(3 * MOST_SYSTEMS):
        statements.facts_of(f"product {number}", "select 1")

    assert len(statements._caches) <= MOST_SYSTEMS
