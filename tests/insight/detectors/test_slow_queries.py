"""Slow queries, and what their plans say."""

import pytest

from otel_agent.insight.detectors.slow_queries import SlowQueries, advice_of_plan, conditions

TEXT = "select weight from parcels where code = ?"
JOINED = "select 1 from orders as o join customers c on c.id = o.customer_id where o.state = ?"


def slow(durations_s: list[float], other_s: float = 0.0) -> list[str]:
    queries = SlowQueries(0.5)
    for number, each in enumerate(durations_s):
        queries.add("a", TEXT, "SELECT parcels", "parcels", [each], float(number), "p.py:3", 1)
    queries.total_s += other_s
    return [known.key for known in queries.slow()]


def test_long_and_dominant_queries_are_slow() -> None:
    """Few, quick, and small ones are not."""
    assert ["a"] == slow([0.6] * 10, other_s=100)
    assert ["a"] == slow([0.02] * 20)
    assert [] == slow([*[0.001] * 18, 3.0, 3.0], other_s=100)
    assert [] == slow([0.6] * 9, other_s=100) + slow([0.02] * 20, other_s=10) + slow([0.0005] * 1000)


def test_what_is_remembered_is_bounded() -> None:
    """Those that took least leave."""
    queries = SlowQueries(0.5)
    for number in range(5000):
        queries.add(f"{number}", f"select {number}", "SELECT", "", [0.01], 1.0, "", 0)

    assert len(queries._statements) <= 512


@pytest.mark.parametrize(
    ("system", "plan", "text", "expected"),
    [
        ("sqlite", ["SCAN parcels"], TEXT, ("parcels", ("code",))),
        ("sqlite", ["SCAN TABLE parcels"], TEXT, ("parcels", ("code",))),
        (
            "sqlite",
            ["SCAN p"],
            "select 1 from parcels p where p.code = ? and p.weight > ?",
            ("parcels", ("code", "weight")),
        ),
        ("sqlite", ["SCAN o", "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"], JOINED, ("orders", ("state",))),
        ("sqlite", ["SEARCH parcels USING INDEX parcels_code (code=?)"], TEXT, None),
        ("sqlite", ["SCAN parcels USING COVERING INDEX parcels_code"], TEXT, None),
        ("sqlite", ["SCAN parcels"], "select weight from parcels", None),
        ("postgresql", ["Seq Scan on parcels  (cost=0.00..1)", "  Filter: (code = $1)"], TEXT, ("parcels", ("code",))),
        ("postgresql", ["Index Scan using parcels_code on parcels", "  Index Cond: (code = $1)"], TEXT, None),
    ],
)
def test_a_scan_by_a_condition_wants_an_index(
    system: str, plan: list[str], text: str, expected: tuple[str, tuple[str, ...]] | None
) -> None:
    """On its table and columns; a search wants none, nor does reading everything that was asked for."""
    found = advice_of_plan(system, plan, text)

    assert expected == (None if found is None else (found.table, found.columns))


def test_columns_of_conditions_are_found_behind_names_and_aliases() -> None:
    """Those compared for equality first; other tables' are left out."""
    text = (
        'select * from "Event" e join kind k on k.id = e.kind_id where e.at > ? and e."owner" in (?, ?) and k.name = ?'
    )

    assert ("owner", "at") == conditions(text, "e")
