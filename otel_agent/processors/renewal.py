"""
Forks: no collection is cut in two by one, and the SDK's metric storage is made anew in the child.

A child inherits locks that a thread of the parent held, and with it a deadlock at its first measurement; and it inherits the
parent's counts, which would be reported twice. So the child drops both: its storage begins empty, with locks of its own.

The SDK offers no public way to do this. The private names stand in this file only; where one of them is gone, the child keeps
what it inherited and a line says so.
Source: https://github.com/open-telemetry/opentelemetry-python/issues/4345
"""

import threading
from typing import Any

from opentelemetry.sdk.metrics.export import MetricReader

from otel_agent import guard

__all__ = ["renew"]


def renew(reader: MetricReader) -> None:
    """
    Empty what a reader's provider has stored and replace its locks; only in a child, before its first measurement.

    Args:
        reader: Registered at a provider of the SDK; one that is not is left alone.
    """
    collect = getattr(reader, "_collect", None)
    consumer: Any = getattr(collect, "__self__", None)
    if consumer is None:
        return
    try:
        consumer._lock = threading.Lock()  # noqa: SLF001 - see the module
        storages = consumer._reader_storages  # noqa: SLF001 - see the module
        for storage in list(storages.values()):
            storage._lock = threading.RLock()  # noqa: SLF001 - see the module
            storage._instrument_view_instrument_matches = {}  # noqa: SLF001 - see the module
    except AttributeError as error:
        guard.shared.report("metrics.fork", "the forked child reports its parent's counts: the SDK has changed", error)
