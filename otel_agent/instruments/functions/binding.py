"""
The recorder that decorated functions record with at present.

Decorators are applied when modules are imported, telemetry starts later and may end earlier. Everything that was decorated is kept
here weakly and told when the recorder changes; what is decorated afterwards is told at once.
"""

from typing import Protocol
from weakref import WeakSet

from otel_agent.recording.recorder import Recorder

__all__ = ["Bindable", "Binding", "bind", "shared"]


class Bindable(Protocol):
    """Something that records with a recorder it is given."""

    def bind(self, recorder: Recorder | None) -> None:
        """Record with this recorder from now on; `None` ends recording."""


class Binding:
    """The present recorder, and everything that records with it."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        """`None`: no telemetry of ours."""
        self._bound: WeakSet[Bindable] = WeakSet()

    def add(self, bindable: Bindable) -> None:
        """
        Bind to the recorder, now and whenever it changes.

        Args:
            bindable: What records; held weakly.
        """
        self._bound.add(bindable)
        bindable.bind(self.recorder)

    def bind(self, recorder: Recorder | None) -> None:
        """
        Exchange the recorder.

        Args:
            recorder: The new recorder; `None` ends recording.
        """
        self.recorder = recorder
        self.refresh()
        if recorder is not None:
            recorder.watch(self.refresh)

    def refresh(self) -> None:
        """Bind everything to the recorder again, because something about it has changed."""
        for bindable in list(self._bound):
            bindable.bind(self.recorder)


shared = Binding()
"""The binding of this process."""

bind = shared.bind
