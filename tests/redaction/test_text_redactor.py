"""Texts: what is taken out, what is left, and what that costs."""

import random
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from secrets_to_plant import SECRETS

from otel_agent.redaction.redactor import Redactor


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=hunter2", "password=[redacted: password]"),
        ("sk-proj-Zq8vT1nYw4Rk7Lm2Xc5", "[redacted: openai key]"),
        ("a AKIAQ3EGRTXZ7WNPLM4V b", "a [redacted: aws key] b"),
        ("ghp_a1B2c3D4e5F6g7H8i9J0k1L2", "[redacted: github token]"),
        ("xoxb-123456789012-AbCdEf", "[redacted: slack token]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0In0.dBjftJeZ4CVP", "[redacted: jwt]"),
        ("postgresql://me:hunter2@db/x", "postgresql://[redacted: url password]@db/x"),
        ("redis://:hunter2@db", "redis://[redacted: url password]@db"),
        ("paid with 4539 1488 0343 6467.", "paid with [redacted: card number]."),
        ("Bearer Vn6Tq2Zr8Wp4", "Bearer [redacted: bearer token]"),
        ("Basic dHJhZGVyOkh4N3BX", "Basic [redacted: basic auth]"),
        ("?api_key=Pq4Rs7Tu&x=1", "?api_key=[redacted: api key]&x=1"),
        ("?key=Pq4Rs7TuVw9Xy1Za", "?key=[redacted: api key]"),
        ("&signature=c0ffee8b1a9953c4", "&signature=[redacted: signature]"),
        ("password: hunter2", "password: [redacted: password]"),
        ("token: Pq4Rs7Tu", "token: [redacted: token]"),
        ("{'token': 'abc'}", "{'token': '[redacted: token]'}"),
        ("credentials=(me, hunter2) gone", "credentials=[redacted: credential] gone"),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: [redacted: cookie]\nHost: x"),
        ('Authorization: Digest username="me", response="6629"', "Authorization: [redacted: authorization]"),
        ('curl -H "Authorization: Bearer abc" http://x', 'curl -H "Authorization: [redacted: authorization]" http://x'),
        ("--password hunter2 --paper", "--password [redacted: password] --paper"),
        ("https://token1234567890abcdef@git.example/x", "https://[redacted: url password]@git.example/x"),
        ("<user>me</user><password>a b</password>", "<user>me</user><password>[redacted: password]</password>"),
        ("<wsse:Password>hunter2</wsse:Password>", "<wsse:Password>[redacted: password]</wsse:Password>"),
        ("x" + "prv9s21ZrQ" * 11, "[redacted: wallet key]"),
        ("password%3Dhunter2", "password%3D[redacted: password]"),
    ],
)
def test_the_marker_says_which_rule_hit(redactor: Redactor, text: str, expected: str) -> None:
    """What is taken out is named, the rest of the text stays."""
    assert expected == redactor.text(text)


@pytest.mark.parametrize(
    "text",
    [
        "invalid token: unexpected end of input",
        "password: must not be empty",
        "session: started",
        "the proxy wants credentials: check HTTP_PROXY and HTTPS_PROXY",
        "levels let nothing else pass: `logging.INFO`",
        "headers.authorization: ${NO_SUCH_TOKEN}: the variable is not set",
        '<a accesskey="n" href="x">',
        "token=USDC price=1.0",
        "author=Bob authors: 3",
        "SELECT id FROM users WHERE password = ? AND token = $1 AND secret = %s",
        "password=None token='' api_key=*** secret=${SECRET}",
        "https://example.com:8080/path@x?symbol=ACME",
        "https://user@example.com/",
        "123e4567-e89b-12d3-a456-426614174000",
        "1763971200000000000 1763971200000",
        "order 4539148803436468 is not a card",
        "0.4539148803436467",
        "sk-learn-contrib-packages",
        "task-scheduler-with-a-long-name",
        "basic authentication, bearer authentication",
        "Basic information is missing",
        "0x" + "a1" * 32,
        "sha256:" + "0f" * 32,
        "the key: value pair",
        "key=value",
        "monkey=banana",
        "[redacted: jwt]",
        "eyJ.eyJ",
        "a -----BEGIN CERTIFICATE----- b",
    ],
)
def test_harmless_texts_stay(redactor: Redactor, text: str) -> None:
    """Prose, placeholders, ids, numbers and hashes are not secrets."""
    assert text is redactor.text(text)


PIECES = st.one_of(
    st.text(max_size=10),
    st.sampled_from(
        [
            "password",
            "token",
            "=",
            ":",
            " ",
            "'",
            '"',
            "\\",
            "[redacted: ",
            "]",
            "--",
            "sk-",
            "AKIA",
            "eyJ",
            ".",
            "://",
            "@",
            "&",
        ]
        + ["?", "4111", "Bearer ", "\n", "-----BEGIN PRIVATE KEY-----", "[redacted: jwt]", "{", "}", "(", "_", "x" * 30]
        + [text for text, _ in SECRETS.values()]
    ),
)


TEXTS = st.lists(PIECES, max_size=12).map("".join)


REDACTORS = [
    Redactor(is_bounded=False),
    Redactor(keys=["x", "red"], values=["redacted", r"\w\d", "e"], is_bounded=False),
]
"""None cuts a text that costs too much: what is left out cannot be cleaned again."""


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
@example("[redacted: [redacted: jwt]]password=[redacted: jwt]")
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """Whatever a text holds, markers and parts of markers included, also with patterns that match markers."""
    for redactor in REDACTORS:
        cleaned = redactor.text(text)
        assert cleaned == redactor.text(cleaned)


@settings(max_examples=300)
@given(st.sampled_from(list(SECRETS)), st.text(max_size=60), st.text(max_size=60))
def test_a_planted_secret_is_found_in_any_text(name: str, before: str, after: str) -> None:
    """On a line of its own, whatever the other lines hold."""
    text, parts = SECRETS[name]
    cleaned = Redactor().text(f"{before}\n{text}\n{after}")

    assert [] == [part for part in parts if part in cleaned]


UNITS = [
    "a", "a ", "password=", "password=x ", 'password="', "token: ", "token=b&", "://", "https://a:b", "eyJ", "eyJaaaaa.aaaa.",
    "-----BEGIN PRIVATE KEY-----", "4", "4111 ", "\\", '\\"', "[redacted: ", "[redacted: jwt]", "Bearer ", "Basic a", "--token ",
    "_", "-", "gh_a", "key=", "?key=", "sig=(", "authorization: denied ", "'token':", "token={", "cookie: a\n", "sid=", "x" * 127 + "=",
    'File "\n    token=x\n', "signature=aaaaaaaaaaaaaaa", "a.b-c_d", "sig='", 'sig=\\"', "\n",
]  # fmt: skip


def seconds(text: str) -> float:
    """What cleaning a text costs this thread, at best, in seconds."""
    redactor, best = Redactor(), 60.0
    for _ in range(3):
        begun = time.thread_time()
        redactor.text(text)
        best = min(best, time.thread_time() - begun)
    return best


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    """Eight times the text takes not much more than eight times the time, for texts made to be slow."""
    short, long = unit * (8_000 // len(unit)), unit * (64_000 // len(unit))

    assert seconds(long) <= 40 * max(seconds(short), 0.0005)


def test_time_grows_with_the_length_for_random_texts() -> None:
    """The same for texts put together at random from what the rules look for."""
    chance = random.Random(7)
    for _ in range(8):
        unit = "".join(chance.choices(UNITS, k=3))
        assert seconds(unit * (64_000 // len(unit))) <= 40 * max(seconds(unit * (8_000 // len(unit))), 0.0005)
