"""What a request over HTTP comes to, whichever way it took: a response, or the reason why there is none."""

from typing import NamedTuple, Protocol

from otel_agent.delivery.outcomes import ExportOutcome, Verdict

__all__ = ["CONNECT_TIMEOUT_S", "PARALLEL", "NotSentError", "Request", "Response", "Transport"]

CONNECT_TIMEOUT_S = 3.05
"""A little more than a lost SYN takes to be sent again."""

PARALLEL = 4
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
    """As much of it as is worth reading."""


class NotSentError(Exception):
    """There is no response."""

    def __init__(self, problem: str, text: str = "", verdict: Verdict | None = None) -> None:
        """
        Say why.

        Args:
            problem: One of `REASONS`, or a kind of its own.
            text: What happened and what to do about it; by default that of the kind.
            verdict: What is to become of the request; by default it may be sent later.
        """
        super().__init__(problem)
        self._problem = problem
        self._text = text or REASONS[problem]
        self._verdict = verdict or (Verdict.HELD if problem in HELD else Verdict.LATER)

    def answer(self, where: str) -> ExportOutcome:
        """
        The same for the engine.

        Args:
            where: The address, as it may be shown.
        """
        kind = "timeout" if self._problem == "connect" else self._problem
        return ExportOutcome(self._verdict, kind, f"{where}: {self._text}")


class Transport(Protocol):
    """Takes requests to where they go; keeps connections alive between them."""

    def post(self, request: Request) -> Response:
        """
        Send one request and read its response.

        Args:
            request: See there.

        Raises:
            NotSentError: There is no response, and why.
        """
        ...

    def close(self) -> None:
        """Close connections that nobody uses."""
        ...

    def reinit_after_fork(self) -> None:
        """Leave the parent's connections to the parent."""
        ...
