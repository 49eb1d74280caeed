"""Records of the OpenTelemetry logs API go where all others go."""

from log_sinks import Items, arrived
from opentelemetry.sdk.resources import Resource

from otel_agent.logs.otel import build_logger_provider


def test_third_parties_of_the_logs_api_share_the_sink(sink: Items) -> None:
    """A record emitted through OpenTelemetry's own logs API arrives in the same batch, with its event name."""
    provider = build_logger_provider(sink, Resource({"service.name": "trader"}))
    body = {"side": "buy"}
    provider.get_logger("lib").emit(event_name="order.sent", body=body, attributes={"a": 1})
    body["side"] = "sell"
    (record,) = arrived(sink)

    assert "order.sent" == record.event_name
    assert "buy" == record.body.kvlist_value.values[0].value.string_value
    assert provider.force_flush()
    provider.shutdown()


def test_a_full_sink_counts_records_of_the_api_too() -> None:
    """The SDK's records obey the same bound."""
    sink = Items(limit=0)
    build_logger_provider(sink, Resource({})).get_logger("lib").emit(body="x")

    assert 1 == sink.dropped
