"""
Queries that take long, or most of the time in the database, and why: read from the database's own plan.

The plan is asked for elsewhere and once for each query. A scan of a whole table by the query's own conditions is a reason; a search is
none, and a query that reads everything because everything was asked for is none either.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["PlanAdvice", "SlowQueries", "StatementStatistics", "advice_of_plan", "conditions"]

FEWEST = 10
LEAST_SHARE = 0.4
"""Share of all time in the database that makes a query worth a look."""

FEWEST_SLOW = 3
"""Executions that have to be slow: a single one may have met a busy machine."""

LEAST_MEAN_S = 0.001
"""Quicker queries are not slow, however many they are."""

LEAST_TOTAL_S = 0.1
MOST_STATEMENTS = 512
RECENT = 128


@dataclass(slots=True)
class StatementStatistics:
    """What is known of one statement."""

    key: str
    """Database and text."""
    text: str
    name: str
    table: str
    count: int = 0
    total_s: float = 0.0
    recent_s: list[float] = field(default_factory=list)
    """The newest durations, in seconds, the oldest first."""
    place: str = ""
    first_s: float = 0.0
    last_s: float = 0.0
    trace_id: int = 0
    advice: "PlanAdvice | None" = None
    is_explained: bool = False

    @property
    def p95_s(self) -> float:
        """95 % of the newest executions took no longer than this, in seconds."""
        ordered = sorted(self.recent_s)
        return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True, slots=True)
class PlanAdvice:
    """What a plan says."""

    reason: str
    """Such as "it reads all of parcels"."""
    table: str
    columns: tuple[str, ...]
    """Columns that an index would need."""


class SlowQueries:
    """Durations by statement; the statements that took least time leave when there are too many. Used by one thread."""

    def __init__(self, slow_s: float) -> None:
        self._slow_s = slow_s
        self._statements: dict[str, StatementStatistics] = {}
        self.total_s = 0.0

    def add(
        self,
        key: str,
        text: str,
        name: str,
        table: str,
        took_s: Sequence[float],
        ended_s: float,
        place: str,
        trace_id: int,
    ) -> StatementStatistics:
        """
        Take in executions of one statement.

        Args:
            key: Database and text.
            text: Text of the query.
            name: Name of its spans.
            table: The table it asks; "" where it is not known.
            took_s: Seconds that each took, the oldest first; one at least.
            ended_s: When the last of them ended, in seconds since 1970.
            place: Where one of them comes from, or "".
            trace_id: The trace of the last.
        """
        known = self._statements.get(key)
        if known is None:
            if len(self._statements) >= MOST_STATEMENTS:
                least = sorted(self._statements.values(), key=lambda each: each.total_s)[: MOST_STATEMENTS // 2]
                for each in least:
                    del self._statements[each.key]
            known = self._statements[key] = StatementStatistics(key, text, name, table, first_s=ended_s - took_s[-1])
        together_s = sum(took_s)
        self.total_s += together_s
        known.count += len(took_s)
        known.total_s += together_s
        known.last_s = ended_s
        known.trace_id = trace_id
        known.place = known.place or place
        known.recent_s = [*known.recent_s, *took_s][-RECENT:]
        return known

    def slow(self) -> list[StatementStatistics]:
        """Statements that are slow by their 95 % quantile, or take a large share of all time in the database."""
        found = []
        for known in self._statements.values():
            if known.count < FEWEST or known.total_s < LEAST_TOTAL_S:
                continue
            is_large = known.total_s >= LEAST_SHARE * self.total_s and known.total_s >= LEAST_MEAN_S * known.count
            if self.is_slow(known) or is_large:
                found.append(known)
        return found

    def is_slow(self, known: StatementStatistics) -> bool:
        """Whether a statement is slow in itself, not only beside the others."""
        slow = sum(took_s >= self._slow_s for took_s in known.recent_s)
        return known.p95_s >= self._slow_s and slow >= FEWEST_SLOW


_SCAN = re.compile(r"^SCAN (?:TABLE )?([\w.\"]+)(?: AS (\w+))?(.*)$")
_PG_SCAN = re.compile(r"Seq Scan on ([\w.\"]+)(?: (\w+))?")
_PG_FILTER = re.compile(r"Filter: (.*)$")
_NAME = r'(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|\w+)'
_CONDITION = re.compile(
    rf"(?:({_NAME})\s*\.\s*)?({_NAME})\s*(?:=|<>|!=|<=|>=|<|>|\bin\b|\blike\b|\bilike\b|\bbetween\b|\bis\b)",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"\bwhere\b(.*?)(?:\bgroup\s+by\b|\border\s+by\b|\blimit\b|\breturning\b|$)", re.IGNORECASE | re.DOTALL
)
_ON = re.compile(
    r"\bon\b(.*?)(?:\b(?:left|right|inner|outer|cross|full)?\s*join\b|\bwhere\b|\bgroup\s+by\b|\border\s+by\b|\blimit\b|$)",
    re.IGNORECASE | re.DOTALL,
)
_ALIAS = re.compile(rf"\b(?:from|join|update|into)\s+({_NAME}(?:\.{_NAME})?)(?:\s+(?:as\s+)?({_NAME}))?", re.IGNORECASE)
_FUNCTION = re.compile(rf"\w+\s*\(\s*(?:{_NAME}\s*\.\s*)?({_NAME})\s*\)\s*(?:=|<|>|\bin\b|\blike\b)", re.IGNORECASE)
_KEYWORDS = frozenset((
    "and", "or", "not", "where", "on", "set", "select", "case", "when", "then", "else", "end", "as", "in",
    "is", "null", "exists", "between", "like", "left", "right", "inner", "outer", "join", "group", "order",
    "limit", "using",
))  # fmt: skip


def _bare(name: str) -> str:
    return name.strip('"`[]')


def conditions(text: str, table: str) -> tuple[str, ...]:
    """
    Columns of a table that a query's conditions are about, those compared for equality first.

    Args:
        text: Query text.
        table: The table, or the alias that the query has for it.
    """
    aliases = {table.lower()}
    tables = set()
    for found, alias in _ALIAS.findall(text):
        bare = _bare(found.rpartition(".")[2]).lower()
        tables.add(bare)
        if alias and alias.lower() not in _KEYWORDS and bare == table.lower():
            aliases.add(_bare(alias).lower())
        if alias and _bare(alias).lower() == table.lower():
            aliases.add(bare)
    equal: list[str] = []
    other: list[str] = []
    for clause in (*_WHERE.findall(text), *_ON.findall(text)):
        for match in _CONDITION.finditer(clause):
            owner, column = _bare(match[1] or "").lower(), _bare(match[2])
            if (
                column.lower() in _KEYWORDS
                or column.isdigit()
                or (owner and owner not in aliases)
                or (not owner and len(tables) > 1)
            ):
                continue
            sign = match[0].rstrip()[-2:].strip().lower()
            (equal if (sign.endswith("=") and sign[:1] not in "<>!") or sign == "in" else other).append(column)
    return tuple(dict.fromkeys((*equal, *other)))


def advice_of_plan(system: str, plan: Sequence[str], text: str) -> PlanAdvice | None:
    """
    What a plan says about a query.

    Args:
        system: "sqlite" or "postgresql".
        plan: Lines of the plan.
        text: Query text.

    Returns:
        A scan that an index would spare; None where there is none.
    """
    for number, line in enumerate(plan):
        found = _SCAN.match(line.strip()) if system == "sqlite" else _PG_SCAN.search(line)
        if found is None:
            continue
        if system == "sqlite" and "USING" in (found[3] or ""):
            continue
        table, alias = _bare(found[1]), found[2] or ""
        columns = conditions(text, alias or table) or conditions(text, table)
        if system == "postgresql":
            below = [_PG_FILTER.search(each) for each in plan[number + 1 : number + 4]]
            named = " ".join(each[1] for each in below if each is not None)
            columns = tuple(column for column in columns if not named or re.search(rf"\b{re.escape(column)}\b", named))
        if columns:
            real = _table_of_alias(text, table)
            return PlanAdvice(f"it reads all of {real}", real, columns[:3])
    return None


def _table_of_alias(text: str, name: str) -> str:
    for table, alias in _ALIAS.findall(text):
        if alias and _bare(alias).lower() == name.lower() and alias.lower() not in _KEYWORDS:
            return _bare(table.rpartition(".")[2])
    return name
