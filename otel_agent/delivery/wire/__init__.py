"""
OTLP protobuf bytes written directly, without building a single protobuf message.

    primitives   numbers, texts and length-delimited fields; what does not fit is repaired here
    values       any Python value made plain: bounded, acyclic, within 64 bits
    attributes   keys and values to KeyValue fields, with bounded caches
    origins      resource and scope, encoded once; records grouped under them
    spans, metrics, logs   one request each

Three functions are the whole of the outside: a batch in, the bytes of an export request out. They never raise. A bad value
is repaired, a record that cannot be repaired is left out and counted, and neither costs its neighbours anything. The
limits are documented where they are kept: `values.MAX_TEXT_CHARS`, `values.MAX_DEPTH`.

Source: https://github.com/open-telemetry/opentelemetry-proto/tree/v1.9.0/opentelemetry/proto
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_agent.delivery.wire.logs import encode_logs
    from otel_agent.delivery.wire.metrics import encode_metrics
    from otel_agent.delivery.wire.spans import encode_spans

__all__ = ["encode_logs", "encode_metrics", "encode_spans"]

_LOADED_WHEN_USED = {"encode_logs": "logs", "encode_metrics": "metrics", "encode_spans": "spans"}


def __getattr__(name: str) -> Any:
    """Load an encoder for those who encode: everybody else comes for `values` alone."""
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LOADED_WHEN_USED[name]}"), name)
    globals()[name] = value
    return value
