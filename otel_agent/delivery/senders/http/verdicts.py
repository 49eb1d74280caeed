"""
The verdict on an export request after an HTTP response. Pure: a status, a few headers and a body in, an `ExportOutcome` out.

Success is a 2xx with an OTLP body or an empty one and nothing else: a captive portal, a login page and a web server on the
wrong port all answer 200. The specification lets 429, 502, 503 and 504 be tried again and everything else be dropped; here
what an operator can mend (401, 403, 404, 500, redirects, pages) is kept and asked for seldom, because telemetry of an agent
that was started with a wrong token is still worth having tomorrow.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

import json
from collections.abc import Mapping
from datetime import UTC
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.payloads import fields
from otel_agent.delivery.senders.otlp_responses import MAX_RETRY_AFTER_S, partial_success, printable_words
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from email import utils as email_utils
else:
    email_utils = late_module("email.utils")  # for receivers that name a date

__all__ = ["judge_response", "retry_after_s"]

PROTOBUF = {"application/x-protobuf", "application/protobuf"}
PASSING = {408, 425, 429, 502, 503, 504}
BAD_DATA = {400, 413, 422}

HINTS = {
    401: "the receiver does not accept the credentials: check OTEL_EXPORTER_OTLP_HEADERS or export.headers",
    403: "the receiver knows the credentials and forbids it: check what they may do",
    404: "nothing listens at this path: an endpoint for all signals is a base without /v1/…, one of a single signal is used as it is",
    405: "this path takes no POST: check the endpoint",
    407: "the proxy wants credentials: check HTTP_PROXY and HTTPS_PROXY",
    415: "the receiver does not take OTLP over HTTP with protobuf here: check port and protocol",
    501: "the receiver does not take this signal",
}


def judge_response(status: int, headers: Mapping[str, str], body: bytes, now_s: float = 0.0) -> ExportOutcome:
    """
    Export outcome of one request, from its response.

    Args:
        status: The HTTP status.
        headers: Headers of the response, their names in lower case.
        body: Body of the response, as much of it as was read.
        now_s: Seconds since 1970, to understand a `Retry-After` that is a date.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return _accepted(headers.get("content-type", ""), body)
    wait_s = retry_after_s(headers.get("retry-after"), now_s)
    said = _said(headers.get("content-type", ""), body)
    if status < HTTPStatus.BAD_REQUEST:
        where = headers.get("location", "")
        target = f" to {_origin(where)}" if where else ""
        return ExportOutcome(
            Verdict.HELD, "redirect", f"it redirects{target} ({status}), which is not followed: correct the endpoint"
        )
    if status in BAD_DATA:
        return ExportOutcome(Verdict.REFUSED, f"status_{status}", f"it refuses the data ({status}{said})")
    if status in PASSING:
        return ExportOutcome(Verdict.LATER, f"status_{status}", f"it answers {status}{said}", retry_after_s=wait_s)
    hint = HINTS.get(status)
    return ExportOutcome(
        Verdict.HELD,
        f"status_{status}",
        f"it answers {status}{said}" + (f": {hint}" if hint else ""),
        retry_after_s=wait_s,
    )


def retry_after_s(value: str | None, now_s: float) -> float | None:
    """
    How long a receiver asks to be left alone.

    Args:
        value: Content of the header `Retry-After`: seconds, or a date.
        now_s: Seconds since 1970.

    Returns:
        Seconds from 0 to `MAX_RETRY_AFTER_S`, or `None` when it asked for nothing that can be understood.
    """
    if not value:
        return None
    text = value.strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = email_utils.parsedate_to_datetime(text)
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
        seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now_s
    if seconds != seconds:  # noqa: PLR0124 - NaN
        return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER_S)


def _accepted(content_type: str, body: bytes) -> ExportOutcome:
    if not body:
        return ExportOutcome(Verdict.DELIVERED)
    kind = content_type.partition(";")[0].strip().lower()
    try:
        rejected, words = _partial_success(kind, body)
    except (ValueError, RecursionError):
        return ExportOutcome(
            Verdict.HELD,
            "not_otlp",
            f"it answers with {kind or 'something'} that is no OTLP, so it is no OTLP receiver: check the endpoint's host and port",
        )
    return ExportOutcome(Verdict.DELIVERED, message=words, rejected=rejected)


def _partial_success(kind: str, body: bytes) -> tuple[int, str]:
    if kind in PROTOBUF:
        return partial_success(body)
    if kind == "application/json":
        return _json_partial_success(json.loads(body))
    raise ValueError("no type of OTLP's")


def _json_partial_success(response: Any) -> tuple[int, str]:
    if not isinstance(response, dict) or response.keys() - {"partialSuccess", "partial_success"}:
        raise ValueError("no response of OTLP")
    partial = response.get("partialSuccess") or response.get("partial_success") or {}
    if not isinstance(partial, dict):
        raise ValueError("no response of OTLP")  # noqa: TRY004 - one kind of error for all that is no OTLP
    counts = [int(value) for key, value in partial.items() if key.startswith("rejected") and value]
    return max(0, sum(counts)), str(partial.get("errorMessage", ""))


def _said(content_type: str, body: bytes) -> str:
    """The receiver's own words, when they are words."""
    kind = content_type.partition(";")[0].strip().lower()
    words = ""
    try:
        if kind in PROTOBUF:
            words = next(
                (
                    body[each.content : each.end].decode("utf-8", "replace")
                    for each in fields(body)
                    if each.number == 2 and each.wire_type == 2  # noqa: PLR2004 - google.rpc.Status.message
                ),
                "",
            )
        elif kind == "application/json":
            found = json.loads(body)
            words = str(found.get("message", "")) if isinstance(found, dict) else ""
        elif kind == "text/plain":
            words = body.decode("utf-8", "replace")
    except (ValueError, RecursionError):
        return ""
    return printable_words(words)


def _origin(location: str) -> str:
    text = location.partition("?")[0][:100]
    return "".join(character for character in text if character.isprintable()).rpartition("@")[2]
