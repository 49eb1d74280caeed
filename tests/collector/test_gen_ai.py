"""The collector gives spans of other conventions the names of the GenAI conventions."""

import os
import time
import urllib.request
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from real_programs import started
from real_servers import Collector, attributes
from waiting import until

Attributes = dict[str, str | int]

SENT_AND_ADDED: list[tuple[Attributes, Attributes]] = [
    (
        {"openinference.span.kind": "LLM", "llm.model_name": "m", "llm.provider": "p", "llm.token_count.prompt": 3},
        {"gen_ai.request.model": "m", "gen_ai.provider.name": "p", "gen_ai.usage.input_tokens": 3, "gen_ai.operation.name": "chat"},
    ),
    ({"openinference.span.kind": "TOOL", "tool.name": "search", "gen_ai.operation.name": "mine"}, {"gen_ai.tool.name": "search"}),
    ({"openinference.span.kind": "CHAIN", "session.id": "s"}, {"gen_ai.conversation.id": "s"}),
    (
        {"gen_ai.system": "p", "llm.request.type": "completion", "gen_ai.usage.completion_tokens": 7},
        {"gen_ai.provider.name": "p", "gen_ai.operation.name": "text_completion", "gen_ai.usage.output_tokens": 7},
    ),
    (
        {"traceloop.span.kind": "agent", "traceloop.entity.name": "planner"},
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"},
    ),
    ({"llm.model_name": "of somebody else", "agent.name": "x", "session.id": "y"}, {}),
]  # fmt: skip
"""Attributes of a span, and those it has in the end as well."""


@pytest.mark.e2e
def test_spans_of_other_conventions_get_the_genai_names(tmp_path: Path) -> None:
    """Of OpenInference and OpenLLMetry: model, provider, tokens, operation; their own names stay, and what is there already does."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number, (sent, _) in enumerate(SENT_AND_ADDED):
        now_ns = time.time_ns()
        span = scope.spans.add(trace_id=os.urandom(16), span_id=os.urandom(8), name=f"span {number}", kind=1)
        span.start_time_unix_nano = span.end_time_unix_nano = now_ns
        for key, value in sent.items():
            kept = span.attributes.add(key=key).value
            setattr(kept, "int_value" if isinstance(value, int) else "string_value", value)
    collector = Collector(tmp_path, "file")
    with started(collector):
        headers = {"content-type": "application/x-protobuf"}
        body = urllib.request.Request(f"{collector.http}/v1/traces", request.SerializeToString(), headers)
        urllib.request.urlopen(body, timeout=20).close()
        until(lambda: len(collector.filed_spans()) == len(SENT_AND_ADDED))
    found = {one["name"]: attributes(one) for one in collector.filed_spans()}

    assert found == {
        # OTLP's JSON has whole numbers as texts.
        f"span {number}": {key: str(value) for key, value in (sent | added).items()}
        for number, (sent, added) in enumerate(SENT_AND_ADDED)
    }
