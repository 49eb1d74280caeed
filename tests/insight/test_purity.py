"""What gives a function away that does more than answer."""

import datetime as dt
import json
import math
import random
import time
from random import randint
from typing import Any

import pytest

from otel_agent.insight.purity import impurity

STATE: dict[str, Any] = {}
LOG: list[Any] = []
DICE = random.Random(1)


class Model:
    def __init__(self) -> None:
        self.factor = 3

    def predict(self, value: int) -> int:
        return self._scaled(value) * self.factor

    def _scaled(self, value: int) -> int:
        return list(range(value + 1))[-1]

    def counted(self, value: int) -> int:
        self.factor += 1
        return value

    def through(self, value: int) -> int:
        return self.counted(value)


def summed(coupon: float, years: int) -> float:
    return round(sum(coupon / (1.03 + year / 4000) for year in range(years)), 9)


def with_locals(values: list[int]) -> Any:
    found: list[int] = []
    counts: dict[int, int] = {}
    rows = [[0] * 3 for _ in range(3)]
    for each in values:
        found.append(each * 2)
        counts[each] = counts.get(each, 0) + 1
        rows[0][1] = each
    time.sleep(0)
    return found, counts, rows


def recursive(number: int) -> int:
    return 1 if number < 2 else recursive(number - 1) + recursive(number - 2)


def of_libraries(text: str) -> float:
    return float(json.loads(text)["a"]) + math.sqrt(3) + dt.datetime(2026, 1, 1, tzinfo=dt.UTC).year


def takes_a_key(values: list[int], key: Any) -> list[int]:
    return sorted(values, key=key)


PURE = [takes_a_key, summed, with_locals, recursive, of_libraries, Model.predict]


def by_chance(value: int) -> float:
    return random.random() + value


def by_dice(value: int) -> float:
    return DICE.random() + value


def by_name(value: int) -> int:
    return randint(1, value)


def by_the_clock(value: int) -> float:
    return time.time() + value


def by_the_calendar(_: int) -> Any:
    return dt.datetime.now(tz=dt.UTC)


def appends(value: int) -> int:
    LOG.append(value)
    return 1


def sets(value: str) -> int:
    STATE[value] = 1
    return 1


def changes_its_argument(values: list[int]) -> int:
    values.append(1)
    return len(values)


def reads(path: str) -> str:
    with open(path) as file:
        return file.read()


def asks(connection: Any) -> Any:
    return connection.execute("select 1").scalar()


def writes(connection: Any) -> Any:
    return connection.run("INSERT INTO t VALUES (1)")


def prints(value: int) -> int:
    print(value)
    return value


def through_another(value: int) -> float:
    return by_chance(value)


def by_the_hour(name: str) -> str:
    return f"{time.strftime('%H')} {name}"


def by_what_is_there(path: Any) -> bool:
    return bool(path.is_file())


def calls_what_it_is_given(topic: str, callback: Any) -> bool:
    callback(topic)
    return True


IMPURE = [
    by_chance, by_dice, by_name, by_the_clock, by_the_calendar, appends, sets, changes_its_argument, reads, asks, writes, prints,
    through_another, Model.counted, Model.through, by_the_hour, by_what_is_there,
    calls_what_it_is_given,
]  # fmt: skip


@pytest.mark.parametrize("function", PURE, ids=lambda each: each.__qualname__)
def test_a_function_that_only_answers_is_not_given_away(function: Any) -> None:
    """What it changes is its own."""
    assert impurity(function) is None


@pytest.mark.parametrize("function", IMPURE, ids=lambda each: each.__qualname__)
def test_a_function_that_does_more_is_given_away_by_its_code(function: Any) -> None:
    """Also when what it does is done by another one that it calls."""
    assert impurity(function) is not None
