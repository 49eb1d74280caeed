"""
Who records what the decorators see, at this moment.

Decorators are applied when modules are imported, telemetry starts later and may end earlier. Everything that was decorated is kept
here weakly and told when the recorder changes; what is decorated afterwards is told at once.
"""

from typing import Protocol
from weakref import WeakSet

from otel_agent.recording.recorder import Recorder

__all__ = ["Bindable", "Binding", "bind", "now"]


class Bindable(Protocol):
    """Something that records."""

    def bind(self, recorder: Recorder | None) -> None:
        """Record with a recorder from now on; `None` ends it."""


class Binding:
    """The present recorder, and everything that has to know it."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        """`None`: no telemetry of ours."""
        self._bound: WeakSet[Bindable] = WeakSet()

    def add(self, bindable: Bindable) -> None:
        """
        Let somebody know of the recorder, now and whenever it changes.

        Args:
            bindable: Held weakly.
        """
        self._bound.add(bindable)
        bindable.bind(self.recorder)

    def bind(self, recorder: Recorder | None) -> None:
        """
        Exchange the recorder.

        Args:
            recorder: `None` ends recording.
        """
        self.recorder = recorder
        self.refresh()
        if recorder is not None:
            recorder.watch(self.refresh)

    def refresh(self) -> None:
        """Tell everybody of the recorder again, because something about it has changed."""
        for bindable in list(self._bound):
            bindable.bind(self.recorder)


now = Binding()
"""The process's own."""

bind = now.bind
