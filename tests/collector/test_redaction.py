"""What the collector knows of secrets and content is written from one table, and holds what the agent holds."""

import importlib.util
import json
import random
import re
import string
import sys
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from real_programs import started
from real_servers import Collector
from secret_placements import all_planted
from secret_shapes import all_shaped
from waiting import until

from otel_agent.redaction.detection.issuer_examples import token_example
from otel_agent.redaction.detection.issuers import ISSUERS, Issuer

SCRIPT = Path(__file__).parents[2] / "collector" / "redaction.py"
LOOK_ALIKES = [
    "risk-model-evaluation-report-final",
    "task-scheduler-with-a-long-name",
    "risk-or-not-to-risk-anything",
    "7c1e5b0a9d3f48e2b6a4c8d0e2f41635",
    "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "arn:aws:iam::123456789012:role/Trader",
    "sort_key=name&page=2",
    "alpha-beta-gamma",
    "US0378331005",
    "4929123456789012",
    "SELECT a FROM t WHERE id = ?",
    "tokens: 15, passed: 31",
    "https://example.com/a/b?page=3#top",
]
COUNTS = {
    "gen_ai.usage.input_tokens": 9,
    "gen_ai.usage.output_tokens": 12,
    "llm.token_count.prompt": 3,
    "llm.usage.total_tokens": 66,
    "user.has_password": True,
    "password_length": 12,
    "latency_s": 0.5,
    "per_token": 3,
}
IDS = {
    "session.id": "a-1",
    "gen_ai.conversation.id": "c-2",
    "gen_ai.prompt.name": "greeting",
    "gen_ai.tool.call.id": "t",
}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The generator."""
    spec = importlib.util.spec_from_file_location("collector_redaction", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "collector_redaction", module)
    spec.loader.exec_module(module)
    return module


def examples() -> list[str]:
    """One token of each issuer."""
    chance = random.Random(5)
    return [token_example(issuer, chance) for issuer in ISSUERS]


def test_the_configuration_is_as_it_is_written(script: ModuleType) -> None:
    """Nobody has edited by hand what is made from the tables, and the tables have not changed since."""
    assert [] == [path.name for path, text in script.files().items() if path.read_text() != text]


@pytest.mark.parametrize(
    ("pattern", "anchor", "written"),
    [
        ("ghp_[0-9A-Za-z]{36}", "ghp_", ["ghp_[0-9A-Za-z]{36}"]),
        ("A[KS]IA[0-9A-Z]{16}", "IA", ["AKIA[0-9A-Z]{16}", "ASIA[0-9A-Z]{16}"]),
        ("gh(?:o|p)_[a-z]{9}", "gh", ["gho_[a-z]{9}", "ghp_[a-z]{9}"]),
        ("pa-[0-9A-Za-z_-]{43}", "pa-", [r"\b(?:pa-[0-9A-Za-z_-]{43})"]),
        ("[0-9a-f]{32}-us[0-9]", "-us", ["[0-9a-f]{30,}(?:-us[0-9])"]),
        ("[0-9A-Za-z_]{3}[0-9]Q~[0-9a-z]{31}", "Q~", ["Q~[0-9a-z]{31}"]),
        ("[0-9A-Za-z]{76}AZDO[0-9A-Za-z]{4}", "AZDO", ["[0-9A-Za-z+/_~.-]{40,}(?:AZDO)[0-9A-Za-z+/_~.-]*={0,3}"]),
        ("sk-(?:proj|admin)-[0-9A-Za-z_-]{16,}", "sk-", [r"\b(?:sk-(?:(?:proj|admin)-[0-9A-Za-z_-]{16,}))"]),
        ("[a-z][0-9a-z]{1,15}_live_[0-9A-Za-z]{16,}", "_live_", ["_live_[0-9A-Za-z]{16,}"]),
    ],
)
def test_patterns_begin_with_letters(script: ModuleType, pattern: str, anchor: str, written: list[str]) -> None:
    """Choices are written out, boundaries stand only where they must, and what other patterns hold is left out."""
    common = script.value_patterns([])

    assert written == [
        each for each in script.value_patterns([Issuer("any token", anchor, pattern)]) if each not in common
    ]


def test_every_pattern_is_read_by_both(script: ModuleType) -> None:
    """No pattern uses what Go's expressions do not have."""
    for pattern in [*script.value_patterns(ISSUERS), *script.CONTENT, script.CONTENT_EVENTS]:
        re.compile(pattern)

        assert re.search(r"\(\?[=!<P]|\\[1-9]|[+*?}]\+", pattern) is None, pattern


def test_every_token_of_the_table_is_held(script: ModuleType) -> None:
    """One token of each issuer, in a text and alone, matches; look-alikes match nothing."""
    patterns = [re.compile(pattern) for pattern in script.value_patterns(ISSUERS)]

    def is_held(text: str) -> bool:
        return any(pattern.search(text) for pattern in patterns)

    assert [] == [token for token in examples() if not (is_held(token) and is_held(f"have {token} here"))]
    assert [] == [text for text in LOOK_ALIKES if is_held(text)]


BESIDE_NAMES = [
    "password=x1", "token='x1'", '"api_key":"x1"', '"db_password": "x1"', "'client_secret': 'x1'", "X-Api-Key: x17Kq2Lm", "password:x17Kq2Lm",
    "refresh_token: 8Kq2Lm17", "Authorization: x17Kq2Lm9", "Bearer aa.bb.cc.dd.ee.ff", "Basic aa/bb/cc/dd/ee/f1", "a://b:c@d", "postgresql://u:p@h",
    "hooks.slack.com/services/T0/B0/x17Kq2Lm", "https://discord.com/api/webhooks/1/x17Kq2Lm", "/api/webhooks/1/x17Kq2Lm", "eyJhbGci.eyJz",
    "-----BEGIN PRIVATE KEY-----abc", "-----BEGIN RSA PRIVATE KEY-----\nabc",
]  # fmt: skip


def test_no_secret_is_taken_for_plain(script: ModuleType) -> None:
    """Whatever a pattern finds, however short and wherever it stands, is no plain value; ordinary values are."""
    plain = [re.compile(pattern) for pattern in script.PLAIN]
    patterns = [re.compile(pattern) for pattern in script.value_patterns(ISSUERS)]
    chance = random.Random(11)
    tokens = [token_example(issuer, chance) for issuer in ISSUERS for _ in range(40)]
    frames = ("{}", "have {} here", "a,{}", "x {}", "/{}", "({})", "1.{}")
    texts = [frame.format(text) for text in (*tokens, *BESIDE_NAMES) for frame in frames]

    assert [] == [text for text in BESIDE_NAMES if not any(pattern.search(text) for pattern in patterns)]
    assert [] == [text for text in texts if any(pattern.search(text) for pattern in plain)]
    for text in ("GET", "200", "order A1 filled", "trade_symbol", "2026-01-05T09:30:00.123456Z", "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "7c1e5b0a9d3f48e2b6a4c8d0e2f41635", "/v1/orders/{id}", "value 123 of a field", "SELECT orders", "10.0.0.1", ""):  # fmt: skip
        assert any(pattern.search(text) for pattern in plain), text


PLACES = {
    "escaped: percent signs, entities, backslashes": re.compile(r"%[0-9A-F]{2}|&(?:quot|lt|#)|\\\\(?:[\"'xnr]|u00)"),
    "on several lines: YAML, dumps, forms, tracebacks": re.compile(r"\n"),
    "commands with options": re.compile(r"^[\w./ -]*[a-z0-9] -{1,2}[A-Za-z]"),
    "addresses": re.compile(r"://"),
    "objects, calls, JSON, XML": re.compile(r"[({\[<]"),
    "sentences, assignments, headers, the rest": re.compile(""),
}
"""Kinds of places, by what their texts look like; the first that fits."""


def test_the_page_says_how_many_of_the_agents_places_are_held(script: ModuleType) -> None:
    """Texts with planted secrets, cleaned as the processor does it: what is plain passes, then every pattern in turn."""
    plain, patterns = ([re.compile(each) for each in found] for found in (script.PLAIN, script.value_patterns(ISSUERS)))
    held, total = dict.fromkeys(PLACES, 0), dict.fromkeys(PLACES, 0)
    for _, text, secrets in (*all_shaped(3), *all_planted(3)):
        if isinstance(text, str):
            cleaned = text
            for pattern in () if any(each.search(text) for each in plain) else patterns:
                cleaned = pattern.sub("****", cleaned)
            kind = next(kind for kind, form in PLACES.items() if form.search(text))
            total[kind] += 1
            held[kind] += not any(secret in cleaned for secret in secrets)

    page = (SCRIPT.parents[1] / "docs" / "how-to" / "collector.md").read_text()
    rows = [f"| {kind} | {held[kind]} of {total[kind]} |" for kind in PLACES]
    assert [] == [
        row for row in (*rows, f"| together | {sum(held.values())} of {sum(total.values())} |") if row not in page
    ]


def test_names_that_are_known_are_no_secrets(script: ModuleType) -> None:
    """What a look into a table lets pass is in no list of secrets' names."""
    secret = [re.compile(f"{key}$") for key in script.KEYS] + [re.compile(f"^{key}$") for key in script.WHOLE_KEYS]

    assert [] == [name for name in script.KNOWN_KEYS if any(pattern.search(name) for pattern in secret)]


def test_marks_that_are_missing_are_named(script: ModuleType) -> None:
    """A configuration without the marks is not written over."""
    with pytest.raises(ValueError, match="names of content"):
        script.written("processors: {}\n", "names of content", [])


def value(of: Any) -> dict[str, Any]:
    """A value as OTLP has it in JSON."""
    if isinstance(of, bool):
        return {"boolValue": of}
    if isinstance(of, int):
        return {"intValue": str(of)}
    if isinstance(of, float):
        return {"doubleValue": of}
    if isinstance(of, list):
        return {"arrayValue": {"values": [value(each) for each in of]}}
    if isinstance(of, dict):
        return {"kvlistValue": {"values": pairs(of)}}
    return {"stringValue": of}


def pairs(of: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes as OTLP has them in JSON."""
    return [{"key": key, "value": value(each)} for key, each in of.items()]


def post(collector: Collector, signal: str, document: Any) -> None:
    """Send a request."""
    request = urllib.request.Request(f"{collector.http}/v1/{signal}", json.dumps(document).encode(), {"Content-Type": "application/json"})  # fmt: skip
    urllib.request.urlopen(request, timeout=20).close()


def send(collector: Collector, scope: str, spans: list[Any], logs: list[Any], points: list[Any]) -> None:
    """Send spans, log records and points of one scope."""
    post(collector, "traces", {"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": spans}]}]})
    post(collector, "logs", {"resourceLogs": [{"scopeLogs": [{"scope": {"name": scope}, "logRecords": logs}]}]})
    post(collector, "metrics", {"resourceMetrics": [{"scopeMetrics": [{"scope": {"name": scope}, "metrics": [{"name": "m", "gauge": {"dataPoints": points}}]}]}]})  # fmt: skip


def span(name: str, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A span."""
    return {"traceId": "7c1e5b0a9d3f48e2b6a4c8d0e2f41635", "spanId": f"{random.getrandbits(63) + 1:016x}", "name": name, "kind": 1, "startTimeUnixNano": "1", "endTimeUnixNano": "2", "attributes": pairs(attributes), **more}  # fmt: skip


def event(name: str, **attributes: Any) -> dict[str, Any]:
    """An event of a span."""
    return {"name": name, "timeUnixNano": "1", "attributes": pairs(attributes)}


def point(**attributes: Any) -> dict[str, Any]:
    """A point of a gauge."""
    return {"asInt": "1", "timeUnixNano": "1", "attributes": pairs(attributes)}


def record(body: Any, name: str = "", **attributes: Any) -> dict[str, Any]:
    """A log record."""
    return {"timeUnixNano": "1", "eventName": name, "body": value(body), "attributes": pairs(attributes)}


def written(collector: Collector, marks: int) -> str:
    """What has come out, once every mark has."""
    until(lambda: collector.file.exists() and collector.file.read_text().count("the last one") >= marks)
    return collector.file.read_text()


@pytest.mark.e2e
@pytest.mark.parametrize("contrib", [False, True])
def test_the_collector_holds_what_the_agent_holds(tmp_path: Path, contrib: bool) -> None:
    """Tokens of every issuer, in every place, are gone, with contrib's processors too; look-alikes, counts and ids are not."""
    tokens = examples()
    collector = Collector(tmp_path / "collector", "file", contrib=contrib)
    with started(collector):
        for token in tokens:
            text = f"have {token} here"
            nested = {"deep": [text, {"deeper": text}]}
            broken = {"code": 2, "message": text}
            spans = [
                span(text, {"a": text, "list": ["x", text], "map": nested}, status=broken, events=[event(text, e=text)])
            ]
            send(collector, text, spans, [record(text, text, a=text), record(nested)], [point(a=text, list=[text])])
        send(collector, "kept", [span("the last one", COUNTS | IDS | {"like": LOOK_ALIKES})], [record({"n": 3, "like": LOOK_ALIKES}, "the last one")], [point(a="the last one", **COUNTS)])  # fmt: skip
        seen = written(collector, 3)

    secret_part = [token[len(token) // 2 :] for token in tokens]
    assert [] == [token for token, part in zip(tokens, secret_part, strict=True) if part in seen]
    assert [] == [text for text in LOOK_ALIKES if text not in seen]
    for pair in pairs(COUNTS | IDS):
        assert json.dumps(pair, separators=(",", ":")) in seen
    assert "otel_agent.redacted" not in seen


@pytest.mark.e2e
def test_secret_names_are_enough(tmp_path: Path) -> None:
    """A value whose name is a secret's is gone, as an attribute, inside a map, in a body and beside its name in a text."""
    chance = random.Random(9)
    names = ["db.passphrase", "aws_secret_access_key", "http.request.header.cookie", "dbPassword", "X-Api-Key".lower(), "auth_token", "client.secret", "API_KEY", "authorization"]  # fmt: skip
    words = {name: "".join(chance.choices(string.ascii_lowercase, k=9)) for name in names}
    texts = {name: "".join(chance.choices(string.ascii_lowercase, k=9)) for name in ("access_token", "password", "api_key", "client_secret")}  # fmt: skip
    collector = Collector(tmp_path / "collector", "file")
    with started(collector):
        beside = " ".join(f"GET /a?{name}={word}&b=1" for name, word in texts.items())
        send(collector, "s", [span("x", {**words, "map": texts, "note": beside}), span("the last one", {})], [record(words | {"a": "the last one"}), record(beside)], [point(**words, a="the last one")])  # fmt: skip
        seen = written(collector, 3)

    assert [] == [name for name, word in (words | texts).items() if word in seen]


@pytest.mark.e2e
def test_content_is_held_back_and_what_counts_it_is_not(tmp_path: Path) -> None:
    """Under no-content prompts, answers, documents and arguments of every framework are gone; tokens, ids and names stay."""
    content = [
        *("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.definitions"),
        *("gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.prompt", "gen_ai.prompt.0.content"),
        *("gen_ai.completion.1.tool_calls.0.arguments", "traceloop.entity.output", "llm.prompts", "llm.request.functions.0.parameters"),
        *("input.value", "output.value", "llm.output_messages.0.message.tool_calls.1.tool_call.function.arguments"),
        *("llm.input_messages.0.message.contents.1.message_content.text", "llm.prompt_template.variables", "embedding.embeddings.0.embedding.text"),
        *("retrieval.documents.0.document.metadata", "reranker.query", "tool.parameters", "llm.invocation_parameters"),
        *("all_messages_events", "pydantic_ai.all_messages", "tool_arguments", "tool_response", "final_result", "response_data"),
    ]  # fmt: skip
    words = {name: f"word{number}canary" for number, name in enumerate(content)}
    bodies = {name: f"body{number}canary" for number, name in enumerate(("gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message", "gen_ai.choice"))}  # fmt: skip
    collector = Collector(tmp_path / "collector", "file", options=["no-content"])
    with started(collector):
        events = [
            event("gen_ai.content.prompt", **words),
            event("gen_ai.user.message", content="eventcanary", role="user"),
        ]
        logs = [record({"content": word, "role": "user"}, name) for name, word in bodies.items()]
        logs += [record({"content": word}, **{"event.name": name}) for name, word in bodies.items()]
        logs += [record("x", "gen_ai.client.inference.operation.details", **words), record("the last one")]
        send(collector, "s", [span("chat", words | COUNTS | IDS, events=events), span("the last one", {})], logs, [point(a="the last one")])  # fmt: skip
        seen = written(collector, 3)

    assert [] == [name for name, word in (words | bodies).items() if word in seen]
    assert "canary" not in seen
    for pair in pairs(COUNTS | IDS):
        assert json.dumps(pair, separators=(",", ":")) in seen
    assert '"held back by no-content"' in seen
