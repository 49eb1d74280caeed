"""The first look at a text is quick, and misses nothing that the rules find."""

import pytest
from secret_placements import all_planted
from secret_shapes import all_shaped

from otel_agent.redaction.detection.suspect_words import MAX_REMEMBERED, SuspectWords


def test_no_text_with_a_secret_is_harmless() -> None:
    """Every place in which one has been planted is worth looking at, whatever words were harmless before."""
    words = SuspectWords()
    texts = [text for _, text, _ in (*all_planted(3), *all_shaped(3)) if isinstance(text, str)]
    for text in texts * 2:
        words.are_in(text)

    assert [] == [text for text in texts if not words.are_in(text)]


@pytest.mark.parametrize(
    "text",
    [
        "order 17 filled at 101.25",
        "A1f2e3d4",
        "ord-1f2e3d4c5b6a",
        "GET /v1/orders",
        "",
        "it is done: 3 of 4",
        "  ",
        "7.5 %",
    ],
)
def test_ordinary_texts_are_harmless(text: str) -> None:
    """Twice, because the second look goes by what the first remembered."""
    words = SuspectWords()

    assert [False, False] == [words.are_in(text), words.are_in(text)]


def test_the_answer_is_the_same_whatever_the_digits_are() -> None:
    """So that a caller may remember it for texts that differ in digits only."""
    words = SuspectWords()

    assert words.are_in("a%20b") == words.are_in("a%99b")
    assert words.are_in("order 1234567 x") == words.are_in("order 7654321 x")


def test_words_that_are_remembered_are_bounded() -> None:
    """A text of endless new words does not fill the memory."""
    words = SuspectWords()
    for number in range(3):
        words.are_in(
            " ".join(
                "q" * (number + 1) + "".join(chr(97 + (each // 25**place) % 25) for place in range(3))
                for each in range(6000)
            )
        )

    assert len(words._harmless) <= MAX_REMEMBERED
