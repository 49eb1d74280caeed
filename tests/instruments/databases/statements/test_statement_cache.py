"""What is remembered of statements is bounded, and what is in use is kept."""

from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent.instruments.databases.statements.quotes import STANDARD
from otel_agent.instruments.databases.statements.statement_cache import StatementFactsCache, TwoGenerationCache


def test_statements_that_differ_in_values_share_one_reading() -> None:
    """Ten thousand literals make one text, and the memory for them is bounded."""
    readings = StatementFactsCache(STANDARD, entries_limit=50)
    found = {
        id(readings.of(f"SELECT a FROM t WHERE b = 'it''s {number}' AND c = {number}")) for number in range(10_000)
    }

    assert 1 == len(found)
    assert len(readings._known) <= 100


@settings(max_examples=30)
@given(st.lists(st.text(max_size=8)))
def test_memory_is_bounded(keys: list[str]) -> None:
    """Neither the number nor the length of what is remembered grows without end; the newest is never forgotten."""
    memory: TwoGenerationCache[str] = TwoGenerationCache(5, 20)
    for key in keys:
        memory.put(key, key)

        assert key == memory.get(key)
        assert len(memory) <= 10


def test_what_is_asked_for_is_kept() -> None:
    """A text in use survives any number of others; one that is too long is never kept."""
    memory: TwoGenerationCache[int] = TwoGenerationCache(5, 1000)
    memory.put("used", 1)
    for number in range(100):
        memory.put(str(number), number)
        assert 1 == memory.get("used")
    memory.put("x" * 2000, 2)

    assert memory.get("x" * 2000) is None
    assert memory.get("0") is None
