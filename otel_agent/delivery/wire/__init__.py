"""
OTLP protobuf bytes written directly, without building a single protobuf message.

    primitives       numbers, texts and length-delimited fields; what does not fit is repaired here
    values           any Python value made plain: bounded, acyclic, within 64 bits
    attributes       keys and values to KeyValue fields, with bounded caches
    resource_groups  resource and scope, encoded once; records grouped under them
    spans, metrics, logs   one request each

Three functions are the whole of the outside: a batch in, the bytes of an export request out. They never raise. A bad value
is repaired, a record that cannot be repaired is left out and counted, and neither costs its neighbours anything. The
limits are documented where they are kept: `values.MAX_TEXT_CHARS`, `values.MAX_DEPTH`.

Source: https://github.com/open-telemetry/opentelemetry-proto/tree/v1.9.0/opentelemetry/proto
"""

from typing import TYPE_CHECKING

from otel_agent.late_imports import late_names

if TYPE_CHECKING:
    from otel_agent.delivery.wire.logs import encode_logs
    from otel_agent.delivery.wire.metrics import encode_metrics
    from otel_agent.delivery.wire.spans import encode_spans

__all__ = ["encode_logs", "encode_metrics", "encode_spans"]

__getattr__ = late_names(  # everybody but encoders comes for `values` alone
    __name__, {f"encode_{part}": f"{__name__}.{part}" for part in ("logs", "metrics", "spans")}
)
