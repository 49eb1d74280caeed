"""What the redactor takes out of telemetry, and what it leaves as it was."""

import copy
import logging
import random
import re
import time
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import opentelemetry.semconv
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, TraceFlags, TraceState
from secrets_to_plant import SECRETS
from wire_shapes import VALUES, Extra, Light, Site, readable

from otel_agent.guard import shared
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.redaction.redactor import Redactor
from otel_agent.redaction.secret_names import Certainty, SecretNames

LOOK_ALIKES = [
    "session_count",
    "author",
    "authors",
    "authority",
    "input_tokens",
    "output_tokens",
    "token_count",
    "max_tokens",
    "tokenizer",
    "key",
    "keyboard",
    "passenger",
    "passing",
    "compass",
    "bypass",
    "secretary",
    "cookiecutter",
    "primary_key",
    "public_key",
    "cache_key",
    "idempotency_key",
    "session.id",
    "private_key_path",
    "password_length",
    "token_type",
    "gen_ai.usage.input_tokens",
    "gen_ai.token.type",
    "authorized",
    "monkey",
    "token_address",
    "signed",
    "design",
]
SECRET_NAMES = [
    "password",
    "dbPassword",
    "db.password",
    "user_passwd",
    "mysql_pwd",
    "passphrase",
    "secret",
    "client_secret",
    "secrets",
    "credential",
    "aws_credentials",
    "private_key",
    "privateKey",
    "PRIVATE-KEY",
    "api_key",
    "apikey",
    "X-API-Key",
    "apiKey",
    "access_token",
    "refresh_token",
    "authorization",
    "http.request.header.authorization",
    "Proxy-Authorization",
    "set-cookie",
    "Cookie",
    "jwt",
    "csrf",
    "_csrf_token",
    "X-XSRF-TOKEN",
    "ssn",
    "social_security_number",
    "credit_card",
    "card_number",
    "cvv",
    "connect.sid",
    "PHPSESSID",
    "session_id",
    "sessionid",
    "token",
    "auth_token",
    "mnemonic",
    "seed_phrase",
    "aws_secret_access_key",
    "AccountKey",
    "accessKey",
    "auth",
]


@pytest.fixture
def redactor() -> Redactor:
    """With the built-in rules."""
    return Redactor()


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets_are_known(redactor: Redactor, name: str) -> None:
    """The value of a secret's name goes, whatever it looks like."""
    cleaned = redactor.mapping({name: "correct horse"})

    assert "correct" not in str(cleaned)
    assert [name] == list(cleaned)


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_names_that_only_look_alike_stay(redactor: Redactor, name: str) -> None:
    """An author is not an auth, and a count of sessions no session; neither as an attribute nor in a text."""
    attributes = {name: "correct horse"}

    assert attributes == redactor.mapping(attributes)
    assert f"{name}=correct, {name}: horse" == redactor.text(f"{name}=correct, {name}: horse")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=hunter2", "password=[redacted: password]"),
        ("sk-proj-Zq8vT1nYw4Rk7Lm2Xc5", "[redacted: api key]"),
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


def test_code_in_a_stack_trace_stays_readable(redactor: Redactor) -> None:
    """A traceback shows source lines; names in them are kept, literals and the message are not."""
    stack = """Traceback (most recent call last):
  File "trader/broker.py", line 3, in connect
    client = Client(token=read_token(), password="hunter2", api_key=key)
  File "trader/client.py", line 9, in __init__
    raise ValueError(f"wrong password={password}")
  File "trader/client.py", line 12, in check
    raise ValueError("it's token=hunter2 or 'password=hunter2'", secret=secret)
ValueError: wrong password=hunter2
"""
    cleaned = redactor.text(stack)

    assert "token=read_token()" in cleaned
    assert "api_key=key)" in cleaned
    assert "wrong password={password}" in cleaned
    assert "secret=secret)" in cleaned
    assert "hunter2" not in cleaned


@pytest.mark.parametrize(
    ("key", "value", "is_secret"),
    [
        ("wallet", "0x" + "a1" * 32, True),
        ("private", "a1" * 32, True),
        ("wallet", "0x" + "a1" * 20, False),
        ("digest", "a1" * 32, False),
        ("signature", "c0ffee8b1a9953c4611296a8", True),
        ("signature", "def decide(quote)", False),
        ("session", "8f14e45fceea167a", True),
        ("session", "pre-market", False),
        ("token", "USDC", False),
        ("token", "usdc-123", True),
        ("password", 1234, True),
        ("password", True, False),
        ("password", None, False),
        ("password", "", False),
        ("password", [], False),
        ("password", ["a"], True),
        ("password", {"a": "b"}, True),
        ("password", b"a", True),
        ("signature", ["a"], False),
    ],
)
def test_some_names_are_only_hints(redactor: Redactor, key: str, value: Any, is_secret: bool) -> None:
    """Where the name alone proves nothing, the value decides; nothing, no and none are never secrets."""
    cleaned = redactor.mapping({key: value})[key]

    assert is_secret is (cleaned != value)


def test_a_command_line_in_a_list(redactor: Redactor) -> None:
    """The value of an option may be the next item; resources carry the command line of the process."""
    expected = {"process.command_args": ["agent", "--token", "[redacted: token]", "--author", "Bob"]}

    assert expected == redactor.mapping({"process.command_args": ["agent", "--token", "abc", "--author", "Bob"]})


def test_operators_add_names_and_values() -> None:
    """Own patterns hit in names, in texts, and inside longer texts; the marker says which of them it was."""
    redactor = Redactor(keys=["iban", "^acct_"], values=[r"EMP-\d{6}", "internal"])

    assert {"customer.IBAN": "[redacted: configured key 1]"} == redactor.mapping({"customer.IBAN": "DE02"})
    assert {"acct_no": "[redacted: configured key 2]", "x": 1} == redactor.mapping({"acct_no": 5, "x": 1})
    assert "iban=[redacted: configured key 1] ok" == redactor.text("iban=DE02 ok")
    assert "by [redacted: configured value 1]" == redactor.text("by EMP-123456")
    long = redactor.text("word " * 30_000 + "EMP-123456")
    assert long.endswith(" [redacted: configured value 1]")


def test_operators_name_exceptions() -> None:
    """A pattern that begins with an exclamation mark says that a name is harmless, in texts too."""
    redactor = Redactor(keys=["!^session_id$"])

    assert {"session_id": "abc", "session_key": "[redacted: session]"} == redactor.mapping(
        {"session_id": "abc", "session_key": "abc"}
    )
    assert "session_id=abc" == redactor.text("session_id=abc")


def test_wrong_patterns_are_said_and_left_out() -> None:
    """A mistake in one pattern names its place and costs no other."""
    redactor = Redactor(keys=["(", "iban"], values=["(a+)+$", "x*", r"EMP-\d+"])
    first, second, third = redactor.problems

    assert first.startswith("redact.keys[0]: expected a regular expression")
    assert second.startswith("redact.values[0]: '(a+)+$' can take for ever")
    assert third.startswith("redact.values[1]: 'x*' matches an empty text")
    assert {"iban": "[redacted: configured key 1]"} == redactor.mapping({"iban": "DE02"})
    assert "[redacted: configured value 1]" == redactor.text("EMP-1")


def test_switched_off_nothing_changes() -> None:
    """enabled: false lets everything pass as it is."""
    redactor = Redactor(enabled=False)
    items = [Light(own={"password": "hunter2"})]

    assert items is redactor.spans(items)
    assert items is redactor.logs(items)
    assert items is redactor.metrics(items)
    assert "password=x" == redactor.text("password=x")
    assert {"password": "x"} == redactor.mapping({"password": "x"})


def test_what_needs_no_change_is_the_same_object(redactor: Redactor) -> None:
    """A clean batch passes as it is, and so do the clean ones of another."""
    clean = Light(own={"symbol": "ACME", "size": 3, "tags": ["a", "b"]})
    items = [clean, Light(extra=Extra(events=[Event("e", {"a": 1}, 5)], status_description="ok"))]

    assert items is redactor.spans(items)
    assert deque() == redactor.spans(deque())
    mixed = redactor.spans([clean, Light(own={"password": "x"})])
    assert clean is mixed[0]


def test_originals_stay_as_they_were(redactor: Redactor) -> None:
    """The agent, the console and other processors may still hold the span or the record: copies are changed."""
    own = {"password": "hunter2", "deep": {"list": ["token=abc"]}}
    span = Light(own=own, extra=Extra(events=[Event("e", {"password": "hunter2"}, 5)]))
    before = copy.deepcopy(own)
    sink = SimpleNamespace(items=deque(), limit=9)
    log = logging.Logger("x")  # noqa: LOG001 - one that no other test can reach
    log.addHandler(BridgeHandler(sink, Resource({})))
    log.info("password=%s", "hunter2", extra={"token": "abc"})
    redactor.spans([span])
    (cleaned,) = redactor.logs(list(sink.items))

    assert before == span.own
    assert span.extra is not None
    assert {"password": "hunter2"} == dict(span.extra.events[0].attributes)
    assert ("password=hunter2", {"token": "abc"}) == (sink.items[0].body, sink.items[0].attributes)
    assert ("password=[redacted: password]", {"token": "[redacted: token]"}) == (cleaned.body, cleaned.attributes)


def test_a_site_is_judged_once(redactor: Redactor) -> None:
    """Spans of one call site share what was found out about its name and static attributes."""
    site = Site(attributes={"password": "hunter2"})
    first, second = redactor.spans([Light(site=site), Light(site=site)])

    assert first.site is second.site
    assert {"password": "[redacted: password]"} == first.site.attributes
    assert site.attributes == {"password": "hunter2"}


class Refuses:
    """Cannot be looked at."""

    def __str__(self) -> str:
        raise ValueError("no")

    def items(self) -> Any:
        raise ValueError("no")

    @property
    def attributes(self) -> Any:
        raise ValueError("no")


def test_what_cannot_be_looked_at_does_not_leave(redactor: Redactor) -> None:
    """A value that raises is dropped and counted, its record and its neighbours are kept."""
    before = shared.counts().get("redaction", 0)
    (span,) = redactor.spans([Light(own={"x": Refuses(), "y": 1})])

    assert {} == span.own
    assert before < shared.counts()["redaction"]


def test_a_foreign_span_that_cannot_be_looked_at_loses_its_content(redactor: Redactor) -> None:
    """Ids and times are kept; name, attributes, events and status are not."""
    broken = SimpleNamespace(name="password=hunter2", events=3, links=(), start_time=1)
    (span,) = redactor.spans([broken])

    assert ("[redacted: error]", None, (), 1) == (span.name, span.attributes, span.events, span.start_time)


def test_a_record_that_cannot_be_looked_at_loses_its_content(redactor: Redactor) -> None:
    """The same for a record of the logs API, and for a metric, which is left out."""
    (record,) = redactor.logs([SimpleNamespace(log_record=Refuses())])

    assert "[redacted: error]" == record.log_record.body
    assert [] == redactor.metrics([Refuses()])


def test_odd_values_are_bounded(redactor: Redactor) -> None:
    """Circles, depth without end and numbers of all kinds neither hang nor raise."""
    circle: list[Any] = ["password=hunter2"]
    circle.append(circle)
    deep: Any = "password=hunter2"
    for _ in range(100):
        deep = [deep]
    cleaned = redactor.mapping({"circle": circle, "deep": deep, "many": ["a"] * 100_000, "number": 1 << 200})

    assert ["password=[redacted: password]", "<circular>"] == cleaned["circle"]
    assert "hunter2" not in str(cleaned["deep"])


SPANS = st.builds(Light, own=st.dictionaries(st.text(), VALUES, max_size=4)) | readable(
    Resource({}), InstrumentationScope("x")
)


@settings(max_examples=40)
@given(st.lists(SPANS, max_size=3))
def test_any_span_is_survived(spans: list[Any]) -> None:
    """Whatever attributes hold, nothing is raised, and the same number of spans comes out."""
    assert len(spans) == len(Redactor().spans(spans))


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
REDACTORS = [Redactor(), Redactor(keys=["x", "red"], values=["redacted", r"\w\d", "e"])]


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


def test_a_trace_state_with_a_secret_is_left_out(redactor: Redactor) -> None:
    """It travels in headers of others and cannot be rewritten; the rest of the span stays."""
    state = TraceState([("vendor", "sk-proj-Zq8vT1nYw4Rk7Lm2Xc5")])
    own, clean = redactor.spans(
        [Light(extra=Extra(trace_state=state)), Light(extra=Extra(trace_state=TraceState([("vendor", "1")])))]
    )
    context = SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1), trace_state=state)
    (foreign,) = redactor.spans([ReadableSpan("x", context)])

    assert own.extra.trace_state is None
    assert clean.extra.trace_state is not None
    assert (1, 2, None) == (
        foreign.get_span_context().trace_id,
        foreign.get_span_context().span_id,
        foreign.get_span_context().trace_state,
    )


def test_delivery_asks_by_signal(redactor: Redactor) -> None:
    """The redactor is a callable of a signal and its items."""
    assert "password" in redactor("traces", [Light(own={"password": "x"})])[0].own
    assert [] == redactor("metrics", [])
    assert [] == redactor("logs", [])


def test_names_of_the_semantic_conventions_stay() -> None:
    """Of a thousand attributes that OpenTelemetry names, next to none is taken for a secret's."""
    folder = Path(opentelemetry.semconv.__file__).parent
    names = {
        name
        for file in folder.rglob("*.py")
        for name in re.findall(r'^[A-Z_]+: Final = "([^"]+)"', file.read_text(), re.MULTILINE)
    }
    keys = SecretNames()
    taken = {name for name in names if keys.rule(name).certainty >= Certainty.LIKELY}

    assert len(names) > 500
    assert taken <= {
        "mcp.session.id",
        "gen_ai.server.time_per_output_token",
        "gen_ai.server.time_to_first_token",
    }
