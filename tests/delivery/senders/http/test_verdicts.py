"""The verdict on an export request, from the response alone."""

import json

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.senders.http.verdicts import judge_response

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        (PROTOBUF, ExportTraceServiceResponse().SerializeToString()),
        ({"content-type": "application/protobuf"}, b"\x0a\x00"),
        (JSON, b"{}"),
        (JSON, b'{"partialSuccess": {}}'),
    ],
)
def test_a_response_of_otlp_is_a_delivery(headers: dict[str, str], body: bytes) -> None:
    """An empty body, protobuf and JSON are what receivers of OTLP answer with."""
    assert ExportOutcome(Verdict.DELIVERED) == judge_response(200, headers, body)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/html"}, b"<html>sign in</html>"),
        ({}, b"ok"),
        (PROTOBUF, b"\x0a\xff"),
        (JSON, b'{"status": "ok"}'),
        (JSON, b"[]"),
        (JSON, b'{"partialSuccess": 7}'),
        (JSON, b'{"partialSuccess": {"rejectedSpans": "many"}}'),
        (JSON, b"[" * 100_000),
    ],
)
def test_anything_else_with_status_200_is_no_delivery(headers: dict[str, str], body: bytes) -> None:
    """Captive portals and other servers answer 200 as well; what they answer is no OTLP, so the request is kept."""
    outcome = judge_response(200, headers, body)

    assert (Verdict.HELD, "not_otlp") == (outcome.verdict, outcome.problem)


@pytest.mark.parametrize("rejected", [3, "3"])
def test_partial_success_is_read_from_json(rejected: object) -> None:
    """JSON has 64-bit numbers as texts; both are read."""
    body = json.dumps({"partialSuccess": {"rejectedLogRecords": rejected, "errorMessage": "too old"}}).encode()

    assert ExportOutcome(Verdict.DELIVERED, message="too old", rejected=3) == judge_response(200, JSON, body)


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({"content-type": "text/plain"}, b"over\x1b[31mquota", "over [31mquota"),
        (JSON, b'{"code": 8, "message": "over quota"}', "over quota"),
        (PROTOBUF, b"\x08\x08\x12\x0aover quota", "over quota"),
        ({"content-type": "text/html"}, b"<html>", None),
        (PROTOBUF, b"\xff", None),
        (JSON, b"[]", None),
    ],
)
def test_a_receivers_words_are_passed_on(headers: dict[str, str], body: bytes, words: str | None) -> None:
    """Text, JSON and google.rpc.Status have words for people; a page has none that fit in a line."""
    outcome = judge_response(503, headers, body)

    assert ("it answers 503" if words is None else f"it answers 503, it says {words!r}") == outcome.message


def test_a_redirect_is_shown_without_credentials() -> None:
    """Where it leads is said, without user, password and query."""
    headers = {"location": "https://user:secret@c/login?token=secret"}
    outcome = judge_response(302, headers, b"")

    assert (Verdict.HELD, "redirect") == (outcome.verdict, outcome.problem)
    assert "secret" not in outcome.message


@pytest.mark.parametrize("status", [401, 403, 404, 405, 407, 415, 501])
def test_what_an_operator_can_mend_comes_with_a_hint(status: int) -> None:
    """Credentials, paths and ports that are wrong are named with what to look at, and nothing is given up."""
    outcome = judge_response(status, {"retry-after": "9"}, b"")

    assert (Verdict.HELD, f"status_{status}", 9.0) == (outcome.verdict, outcome.problem, outcome.retry_after_s)
    assert outcome.message.startswith(f"it answers {status}: ")
