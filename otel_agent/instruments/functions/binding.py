"""
The recorder that decorated functions record with at present.

Decorators are applied when modules are imported, telemetry starts later and may end earlier. Everything that was decorated is kept
here weakly and told when the recorder changes; what is decorated afterwards is told at once.
"""

from collections.abc import Callable
from typing import Protocol
from weakref import WeakSet

from otel_agent.recording.recorder import Recorder

__all__ = ["Bindable", "Binding", "bind", "made", "shared"]


class Bindable(Protocol):
    """Something that records with a recorder it is given."""

    def bind(self, recorder: Recorder | None) -> None:
        """Record with this recorder from now on; `None` ends recording."""


class Binding:
    """The present recorder, those that it stands in for, and everything that records with it."""

    def __init__(self) -> None:
        self.on_made: Callable[[Bindable], object] | None = None
        """Told of each decorated function when its wrapper is there; None: nobody is."""
        self._recorders: list[Recorder] = []
        self._bound: WeakSet[Bindable] = WeakSet()
        self.recorder: Recorder | None = None
        """The present recorder; `None`: no telemetry of ours."""

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
            recorder: The new recorder; `None` ends recording with the present one, and goes back to the one before it where
                telemetry was begun inside of telemetry, as a test does.
        """
        if recorder is not None:
            self._recorders.append(recorder)
        elif self._recorders:
            self._recorders.pop()
        self.recorder = self._recorders[-1] if self._recorders else None
        self.refresh()
        if recorder is not None:
            recorder.watch(self.refresh)

    def made(self, bindable: Bindable) -> None:
        """
        Say that the wrapper of what was added is there.

        Args:
            bindable: What records.
        """
        if self.on_made is not None:
            self.on_made(bindable)

    def each(self) -> list[Bindable]:
        """Everything that is decorated and still there."""
        return list(self._bound)

    def refresh(self) -> None:
        """Bind everything to the recorder again, because something about it has changed."""
        for bindable in list(self._bound):
            bindable.bind(self.recorder)


shared = Binding()
"""The binding of this process."""

bind = shared.bind
made = shared.made
