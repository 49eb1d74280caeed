"""What is known of one function that is watched, or has been: how it stands, and what its calls took."""

import inspect
from collections.abc import Callable
from types import CodeType

from otel_agent.instruments.automatic.pending_spans import CallSite, DurationObserver
from otel_agent.instruments.automatic.trials import Trial
from otel_agent.recording.failures import is_failure, type_name

__all__ = ["STEPWISE", "WatchedFunction"]

STEPWISE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE
"""Flags of code that pauses."""


class WatchedFunction:
    """
    One function that is watched, or has been.

    Args:
        code: Code of the function; kept, so that its identity stays its own.
        site: Describes the function's spans.
        observe: Makes who takes the durations of its calls, once one of them has mattered; `None`: nobody.
        forget: Called when calls begin to go by unseen.
    """

    __slots__ = (
        "_forget",
        "_make_observer",
        "_observer",
        "_unsaid",
        "active",
        "code",
        "is_stepwise",
        "site",
        "trial",
        "waits",
    )

    def __init__(
        self,
        code: CodeType,
        site: CallSite,
        observe: Callable[[], DurationObserver] | None = None,
        forget: Callable[[], object] = lambda: None,
    ) -> None:
        self.code = code
        self.site = site
        self.trial = Trial()
        self.active = 0
        """Calls that are being watched just now."""
        self.is_stepwise = bool(code.co_flags & STEPWISE)
        self.waits = bool(code.co_flags & inspect.CO_COROUTINE)
        """Whether a pause means that it waits, rather than that it hands something out."""
        self._make_observer = observe
        self._observer: DurationObserver | None = None
        self._unsaid: list[tuple[int, str | None]] | None = None if observe is None else []
        self._forget = forget

    def count(self, duration_ns: int, error: BaseException | None, *, mattered: bool) -> None:
        """
        Count a call: for good once one has mattered, and not at all once calls have gone by unseen.

        Args:
            duration_ns: How long the call took, in nanoseconds.
            error: Exception it ended with, or `None`.
            mattered: Whether it has a span.
        """
        unsaid = self._unsaid
        if unsaid is None or self._make_observer is None:
            return
        kind = type_name(error) if error is not None and is_failure(error) else None
        if self._observer is None:
            unsaid.append((duration_ns, kind))
            if mattered:
                self._observer = self._make_observer()
                for each in unsaid:
                    self._observer(*each)
                unsaid.clear()
        else:
            self._observer(duration_ns, kind)

    def stop_counting(self) -> None:
        """Take back what was counted: from now on calls go by unseen, and part of a count is no count."""
        if self._unsaid is not None:
            self._unsaid = self._observer = None
            self._forget()
