"""Every promise of README and pages has a test, and every test that is named is there."""

import pytest
from promises import (
    DOCS,
    PAGE,
    Statement,
    absolutes,
    commands,
    exists,
    files_of_command,
    goals,
    held_pages,
    names,
    page,
    rows,
    sentence_table,
    sentence_trials,
    sentences,
    table,
    trials_of,
)

HOW = "name its tests in docs/reference/promises.toml, then run `python tests/servers/promises.py > docs/reference/promises.md`"


WHERE = "name their tests in docs/reference/statements.toml, under the words they begin with"


@pytest.mark.parametrize("statement", [*rows(), *absolutes()], ids=lambda each: f"{each.page}: {each.text[:60]}")
def test_a_promise_has_tests(statement: Statement) -> None:
    """Or the reason why it can have none."""
    tests, reason = trials_of(statement)

    assert tests or reason, f"{statement.page} promises: {statement.text}\n{HOW}"


@pytest.mark.parametrize("held", held_pages())
def test_every_sentence_of_a_held_page_has_tests(held: str) -> None:
    """Or is of a kind that needs none; and nothing is named twice, or for a sentence that is not there."""
    stated, written = sentences(held), sentence_table()[held]
    kinds = sentence_table()["kinds"]

    assert [] == [each.text for each in stated if not sentence_trials(each)], WHERE
    assert [] == [words for words in written if 1 != sum(each.text.startswith(words) for each in stated)]
    assert [] == [
        trial
        for each in stated
        for trial in sentence_trials(each)
        if trial not in kinds and not exists(f"tests/{trial}")
    ]


def test_what_is_named_is_there() -> None:
    """Every test in the table exists, and no entry is about a sentence that no page has any more."""
    stated = {(each.page, each.text) for each in (*rows(), *absolutes())}
    named = [*table()["promise"], *({"tests": tests} for tests in table()["interface"].values())]

    assert [] == [test for entry in named for test in entry.get("tests", ()) if not exists(test)]
    assert [] == [entry["says"] for entry in table()["promise"] if (entry["page"], entry["says"]) not in stated]


def test_names_and_commands_have_tests() -> None:
    """Everything on the page of the Python interface, and everything the command line can do."""
    assert [] == [name for name in names() if not table()["interface"].get(name)], HOW
    assert [] == [name for name in commands() if not files_of_command(name)]


def test_how_tos_say_what_they_are_for() -> None:
    """Each begins with what its reader can do afterwards, and so does the tutorial; that is what following the page tries."""
    with_goal = {each.page for each in goals()}
    there = {
        f"docs/{path.parent.name}/{path.name}" for part in ("tutorial", "how-to") for path in (DOCS / part).glob("*.md")
    }

    assert set() == there - with_goal


def test_the_page_is_current() -> None:
    """`python tests/servers/promises.py > docs/reference/promises.md` changes nothing."""
    assert page() == PAGE.read_text(), HOW
