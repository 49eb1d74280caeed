"""What tests of logging share: a queue that entries go to, what a collector decodes of it, and a value without a text."""

from collections import deque
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from otel_agent.delivery.wire import encode_logs

__all__ = ["Items", "Refuses", "arrived", "attributes"]


class Items:
    """A queue in the shape of the delivery engine's."""

    def __init__(self, limit: int = 1_000) -> None:
        self.items: deque[Any] = deque()
        self.limit = limit
        self.dropped = 0

    def overflow(self, item: Any) -> None:
        """Count what there is no room for."""
        self.dropped += 1


class Refuses:
    """Has no text."""

    def __str__(self) -> str:
        raise ValueError("no")

    __repr__ = __str__


def arrived(sink: Items) -> list[Any]:
    """The records of a queue as a collector decodes them."""
    request = ExportLogsServiceRequest.FromString(encode_logs(list(sink.items)))
    return [
        record for resource in request.resource_logs for scope in resource.scope_logs for record in scope.log_records
    ]


def attributes(record: Any) -> dict[str, Any]:
    """A record's attributes as a plain dictionary of texts and numbers."""
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in record.attributes
    }
