"""
Queries that are sent again and again within one piece of work: one for each row of another query (N+1), or from one line.

Not taken for one: pages of a result (`limit` with `offset`, or with an order and a bound), queries between which something is written
to the same table, queries of which each decides what the next one asks for, batches, and queries that overlap.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from otel_agent.insight.data_flow import feeds_itself
from otel_agent.insight.findings import Sighting
from otel_agent.insight.pieces import Call, PieceOfWork, place_of_frame

__all__ = ["FEWEST", "FEWEST_ALONE", "LEAST_S", "LEAST_SHARE", "repeated_queries"]

FEWEST = 5
"""Equal queries that make a pattern."""

FEWEST_ALONE = 10
"""Equal queries that make a pattern without a query they come from, and statements that write."""

LEAST_S = 0.05
LEAST_SHARE = 0.2
"""What a pattern takes at least: this long, or this share of the whole piece."""

MOST_IN_PATTERN = 8
"""Queries of one round, when several are sent for each row."""

_OVERLAP_NS = 1_000_000
"""Clocks may be wrong by this."""

_LIMIT = re.compile(r"\b(limit|fetch\s+(first|next)|top)\b", re.IGNORECASE)
_OFFSET = re.compile(r"\boffset\b", re.IGNORECASE)
_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
_BOUND = re.compile(r"[<>]=?\s*(\?|%|:|\$|\()", re.IGNORECASE)
_EQUAL = re.compile(r"(=|\bin\b)\s*\(?\s*(\?|%|:|\$)", re.IGNORECASE)

Found = tuple[Sighting, frozenset[int]]


def repeated_queries(piece: PieceOfWork) -> list[Found]:
    """
    Find queries that are sent again and again.

    Args:
        piece: A piece of work with its queries.

    Returns:
        What was seen, each with the span ids of the queries it is about.
    """
    queries = [call for call in piece.calls if call.kind == "query" and not call.is_error]
    by_text: dict[str, list[Call]] = {}
    for query in queries:
        by_text.setdefault(query.text, []).append(query)
    return [found for text, group in by_text.items() for found in _judge(piece, queries, text, group)]


def _judge(  # noqa: PLR0911 - one line for each reason not to
    piece: PieceOfWork, queries: Sequence[Call], text: str, group: Sequence[Call]
) -> Iterator[Found]:
    if len(group) < FEWEST or not _are_in_sequence(group) or is_page(text):
        return
    took_s = sum(query.took_s for query in group)
    if took_s < LEAST_S and took_s < LEAST_SHARE * max(piece.took_s, 1e-9):
        return
    if not piece.is_whole and took_s < LEAST_S:
        return
    is_write = any(query.is_write for query in group)
    source = None if is_write else _source(queries, group)
    if source is None and (len(group) < FEWEST_ALONE or len({query.helper for query in group}) > 1):
        return
    if source is None and any(query.level for query in group):
        return  # a function that sends one query, called again and again: what calls it knows why
    if _is_written_between(queries, group):
        return
    if _is_chain(group):
        return  # each decides what the next one asks for
    if is_write and _is_read_between(queries, group):
        return
    yield _sighting(piece, group, source, took_s, is_write=is_write), frozenset(query.span_id for query in group)


def is_page(text: str) -> bool:
    """
    Whether a query asks for one page of a longer result.

    Args:
        text: Query text without literals.
    """
    if not _LIMIT.search(text):
        return False
    if _ORDER.search(text):
        return bool(_OFFSET.search(text) or _BOUND.search(text))
    return bool(_OFFSET.search(text)) and not _EQUAL.search(text)


def _are_in_sequence(group: Sequence[Call]) -> bool:
    return all(after.start_ns >= before.end_ns - _OVERLAP_NS for before, after in pairwise(group))


def _source(queries: Sequence[Call], group: Sequence[Call]) -> Call | None:
    """The query whose rows the others are for: sent before the first, once for all, where the rows are gone through or above."""
    first = group[0]
    level = min(query.level for query in group)
    tables = {query.text for query in group}
    found = None
    for query in queries:
        if query.start_ns >= first.start_ns:
            break
        if query.is_write or query.text in tables or query.operation.upper() not in {"", "SELECT", "WITH"}:
            continue
        if query.level > max(level, 1):
            continue
        if level and query.helper and query.helper == first.helper:
            continue  # of the same helper: it is sent each time, too
        if sum(1 for each in queries if each.text == query.text) > max(2, len(group) // 4):
            continue
        if _counts_only(query.text):
            continue
        found = query
    return found


_COUNT = re.compile(r"^\s*select\s+(count|sum|max|min|avg|exists)\s*\(", re.IGNORECASE)


def _counts_only(text: str) -> bool:
    """A query that gives one number has no rows that others could be for."""
    return bool(_COUNT.match(text)) and "group by" not in text.lower()


def _is_chain(group: Sequence[Call]) -> bool:
    """Whether the loop that sends them gives to each what the one before has brought."""
    callers = next((query.callers for query in group if query.callers), ())
    answers = (feeds_itself(code, offset) for code, offset, _ in callers)
    return next((answer for answer in answers if answer is not None), False)  # the innermost loop's


def _is_written_between(queries: Sequence[Call], group: Sequence[Call]) -> bool:
    """Whether the table is written to between two of the group: then each may read something new."""
    if group[0].is_write:
        return False
    tables = {query.table for query in group}
    return any(
        query.is_write
        and (query.table in tables or not query.table)
        and group[0].end_ns <= query.start_ns <= group[-1].start_ns
        for query in queries
    )


def _is_read_between(queries: Sequence[Call], group: Sequence[Call]) -> bool:
    """Whether something is read between two writes, which they may depend on."""
    return any(not query.is_write and group[0].end_ns <= query.start_ns <= group[-1].start_ns for query in queries)


def _sighting(
    piece: PieceOfWork, group: Sequence[Call], source: Call | None, took_s: float, *, is_write: bool
) -> Sighting:
    saved_s = took_s - max(query.took_s for query in group)
    place = next((query.place for query in group if query.place), "")
    place = place or next((place_of_frame(query.callers[0]) for query in group if query.callers), "")
    evidence: dict[str, float | int | str] = {
        "queries": len(group),
        "took_s": took_s,
        "share": took_s / piece.took_s if piece.took_s else 1.0,
        "query": group[0].text[:200],
    }
    if source is not None:
        evidence["source"] = source.text[:200]
        fix = (
            f"Ask once for all rows: join {group[0].table or 'it'} to the query before the loop, load it eagerly (`selectinload`),"
            " or use `where … in (…)`."
        )
        rule, confidence = "n_plus_one", 0.9
    elif is_write:
        rule, confidence = "repeated_query", 0.8
        fix = "Send all rows at once: a list of parameters for one `execute`, which the driver sends as a batch."
    else:
        rule, confidence = "repeated_query", 0.8
        fix = "Ask once for all values, with `where … in (…)`, or keep what was answered."
    return Sighting(
        rule,
        group[0].name,
        place,
        evidence,
        fix,
        saved_s,
        piece.start_ns / 1e9,
        piece.end_ns / 1e9,
        confidence,
        (f"{piece.trace_id:032x}",),
    )
