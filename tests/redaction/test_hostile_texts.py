"""Texts made to be dear: they cost their length and no more, and what is not looked at does not leave."""

import random
import time

import pytest
from secret_fuzzing import attempt

from otel_agent.guard import shared
from otel_agent.redaction.redactor import Redactor

UNITS = [
    "refresh token: ", "pwd=b; ", "secret: z: ", "key=", "sig=a", "sig=(", "sig=<a b", "auth={ ", 'token="a"', "Bearer aaaaaaaa1 ", "4111 1111 1111 1111 ",
    "card 4111111111111111 ", "a://b:c@", "%41", "%253D", "&quot;", "token%3Da%26", "sid=%41", "password '", "user a identified by ", "Key (token)=(",
    "secret: |\n  a\n", "('token', 'a'),", '{"name": "token", ', "<token ", "eyJaaaaa.aaaa.", "\\n", "secret:\\n  a\\n", "-----BEGIN PRIVATE KEY-----",
]  # fmt: skip


def seconds(text: str) -> float:
    """What cleaning a text costs this thread, at best, in seconds."""
    best = 60.0
    for _ in range(3):
        redactor = Redactor()
        redactor.text("token=x1")
        begun = time.thread_time()
        redactor.text(text)
        best = min(best, time.thread_time() - begun)
    return best


def of_size(unit: str, size: int) -> str:
    """A text of nothing but a unit."""
    return (unit * (size // len(unit) + 1))[:size]


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    """Sixteen times the text takes at most about sixteen times the time."""
    assert seconds(of_size(unit, 1 << 18)) <= 48 * max(seconds(of_size(unit, 1 << 14)), 0.0005)


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS)
def test_a_character_costs_at_most_a_third_of_a_microsecond(unit: str) -> None:
    """Of a text of 64 KiB; the machine has to be its own."""
    assert 0.3 >= seconds(of_size(unit, 1 << 16)) / (1 << 16) * 1e6


def test_time_grows_no_faster_for_what_a_fuzzer_finds() -> None:
    """Places in encodings, repeated."""
    chance = random.Random(5)
    for _ in range(12):
        unit, _ = attempt(chance)
        assert seconds(of_size(unit, 1 << 17)) <= 48 * max(seconds(of_size(unit, 1 << 13)), 0.0005), unit


def test_what_is_beyond_a_texts_share_is_cut_marked_and_counted() -> None:
    """A record of nothing but names beside values is cut where it has cost enough; nothing behind that leaves."""
    before = shared.counts().get("redaction.cut", 0)
    cleaned = Redactor().text(of_size("pwd=b; ", 1 << 16) + " and hunter2")

    assert cleaned.endswith("[redacted: cut]")
    assert "hunter2" not in cleaned
    assert before + 1 == shared.counts()["redaction.cut"]


@pytest.mark.slow
def test_many_dear_texts_get_a_share_of_the_thread() -> None:
    """A thousand records of 64 KiB are gone over in a few seconds of the sending thread, each of them marked where it was cut."""
    redactor = Redactor()
    begun = time.thread_time()
    cleaned = [redactor.text(f"{number} " + of_size("refresh token: ", 1 << 16)) for number in range(1_000)]

    assert all(text.endswith("[redacted: cut]") for text in cleaned)
    assert 20 > time.thread_time() - begun
