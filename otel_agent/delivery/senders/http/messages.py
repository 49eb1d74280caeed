"""HTTP messages: a request, the response to it, and the error that stands for a response that never came."""

from typing import NamedTuple

from otel_agent.delivery.outcomes import ExportOutcome, Verdict

__all__ = ["CONNECT_TIMEOUT_S", "MAX_BODY_BYTES", "MAX_IDLE_CONNECTIONS", "NotSentError", "Request", "Response"]

CONNECT_TIMEOUT_S = 3.05
"""A little more than a lost SYN takes to be sent again."""

MAX_BODY_BYTES = 65_536
"""More of a response is not read."""

MAX_IDLE_CONNECTIONS = 4
"""Connections kept open: three signals at the end of the process, and one to spare."""

REASONS = {
    "name": "the host's name is not known",
    "refused": "nobody listens there",
    "unreachable": "it cannot be reached",
    "connect": "no connection within the time",
    "timeout": "no answer within the time",
    "proxy": "the proxy cannot be reached: check HTTP_PROXY and HTTPS_PROXY",
    "reset": "the connection ended before an answer",
    "not_http": "what answers there does not speak HTTP/1.1: check protocol and port (4318 is usual for HTTP, 4317 for gRPC)",
}
HELD = {"not_http"}
"""These do not pass by themselves."""


class Request(NamedTuple):
    """One POST."""

    url: str
    headers: dict[str, str]
    content: bytes
    end_s: float
    """When to give up, on the monotonic clock."""


class Response(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    """With names in lower case; of a name that came twice the last value."""
    body: bytes
    """At most `MAX_BODY_BYTES` and one more, which says that there was more."""


class NotSentError(Exception):
    """
    There is no response.

    Args:
        problem: One of `REASONS`, or a kind of its own.
        text: What happened and what to do about it; by default that of the kind.
        verdict: What is to become of the request; by default it may be sent later.
    """

    def __init__(self, problem: str, text: str = "", verdict: Verdict | None = None) -> None:
        super().__init__(problem)
        self._problem = problem
        self._text = text or REASONS[problem]
        self._verdict = verdict or (Verdict.HELD if problem in HELD else Verdict.LATER)

    def outcome(self, where: str) -> ExportOutcome:
        """
        The outcome of the request that has no response.

        Args:
            where: The receiver's address, without credentials.
        """
        kind = "timeout" if self._problem == "connect" else self._problem
        return ExportOutcome(self._verdict, kind, f"{where}: {self._text}")
