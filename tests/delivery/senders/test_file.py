"""OTLP as JSON lines in a file."""

import json
import os
from pathlib import Path

from telemetry_items import collection, entries, spans

from otel_agent.delivery.outcomes import Verdict
from otel_agent.delivery.senders.file import FileSender
from otel_agent.delivery.wire import encode_logs, encode_metrics, encode_spans


def test_a_file_has_a_line_for_each_request(tmp_path: Path) -> None:
    """OTLP as JSON: ids are hexadecimal, bytes stay base64, enumerations are numbers."""
    path = tmp_path / "telemetry.jsonl"
    made = FileSender(path)
    for signal, body in (
        ("traces", encode_spans(spans(1, "decide", traceId="mine", raw=b"\x00\x01"))),
        ("logs", encode_logs(entries(1))),
        ("metrics", encode_metrics(collection("a"))),
    ):
        assert Verdict.DELIVERED is made.send(signal, body, 1).verdict
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    span = lines[0]["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    values = {each["key"]: each["value"] for each in span["attributes"]}

    assert f"{0x1234:032x}" == span["traceId"]
    assert 16 == len(span["spanId"])
    assert 1 == span["kind"]
    assert {"stringValue": "mine"} == values["traceId"]
    assert {"bytesValue": "AAE="} == values["raw"]
    assert {"resourceLogs"} == set(lines[1])
    assert {"resourceMetrics"} == set(lines[2])
    assert 0o600 == path.stat().st_mode & 0o777


def test_a_file_that_cannot_be_written_keeps_the_telemetry(tmp_path: Path) -> None:
    """A directory that does not exist is for somebody to mend; a full disk may pass."""
    answer = FileSender(tmp_path / "missing" / "file").send("traces", encode_spans(spans(5)), 1)

    assert (Verdict.HELD, "file") == (answer.verdict, answer.problem)
    if os.path.exists("/dev/full"):
        assert Verdict.LATER is FileSender("/dev/full").send("traces", encode_spans(spans(5)), 1).verdict


def test_what_is_no_request_is_not_written(tmp_path: Path) -> None:
    """Bytes that cannot be decoded are refused, and the file stays as it was."""
    path = tmp_path / "telemetry.jsonl"
    answer = FileSender(path).send("logs", b"\x0a\xff", 1)

    assert (Verdict.REFUSED, "not_otlp") == (answer.verdict, answer.problem)
    assert not path.exists()
