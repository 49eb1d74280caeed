"""
What is written on the spot: console and files, each with a queue and a thread of its own, fed where the export is fed.

    outputs = build_outputs(config.logs, redactor, problems)
    handler = BridgeHandler(export_queue_or_None, resource, level, outputs.sinks)
    remove = install_bridge(handler, is_last_resort=outputs.has_console)
    outputs.start() … outputs.close(timeout_s)

Without `console` and `files` in the configuration there is nothing here, and the agent's own handlers print as ever.
"""

import os
import sys
from collections.abc import Callable, MutableSequence, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otel_agent.clock import SYSTEM, Clock

if TYPE_CHECKING:
    from otel_agent.logs.queue import LogQueue, Output  # loaded where an output was asked for

__all__ = ["Outputs", "build_outputs"]


class Outputs:
    """The queues of all outputs as one part: started, flushed, closed and forked together."""

    def __init__(self, queues: "Sequence[LogQueue]", *, has_console: bool = False, clock: Clock = SYSTEM) -> None:
        """
        Take queues together.

        Args:
            queues: In the order of the configuration.
            has_console: Whether one of them writes to the terminal.
            clock: Its monotonic face shares out deadlines.
        """
        self.queues = tuple(queues)
        self.sinks = tuple(queue.sink for queue in queues)
        """What `BridgeHandler` feeds; empty when nothing was asked for."""
        self.has_console = has_console
        self._clock = clock

    def start(self) -> None:
        """Start the threads."""
        for queue in self.queues:
            queue.start()

    def flush(self, timeout_s: float) -> bool:
        """
        Write what waits.

        Args:
            timeout_s: Longest time this takes, in seconds, for all of them together.

        Returns:
            Whether everything that waited has been written.
        """
        return self._each(lambda queue, within_s: queue.flush(within_s), timeout_s)

    def close(self, timeout_s: float) -> bool:
        """
        Write what waits and stop. Safe before `start`, and twice.

        Args:
            timeout_s: Longest time this takes, in seconds, for all of them together.

        Returns:
            Whether everything has been written.
        """
        return self._each(lambda queue, within_s: queue.close(within_s), timeout_s)

    def counts(self) -> dict[str, dict[str, Any]]:
        """What became of the records, by output: accepted = queued + written + dropped."""
        return {queue.name: queue.counts() for queue in self.queues}

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child."""
        for queue in self.queues:
            queue.reinit_after_fork()

    def _each(self, do: "Callable[[LogQueue, float], bool]", timeout_s: float) -> bool:
        deadline_s = self._clock.monotonic_s() + timeout_s
        done = [do(queue, max(0.0, deadline_s - self._clock.monotonic_s())) for queue in self.queues]
        return all(done)


def build_outputs(
    settings: Any,
    redactor: Any,
    problems: MutableSequence[str] | None = None,
    *,
    directory: Path | None = None,
    observe: Callable[[Sequence[Any]], object] | None = None,
) -> Outputs:
    """
    The outputs that the configuration asks for; nothing runs yet.

    Args:
        settings: `console` ("json", "text" or None) and `files` (each `path`, `max_bytes`, `backups`).
        redactor: A `redaction.redactor.Redactor`.
        problems: Grows by a line for each file that cannot be written.
        directory: What relative paths begin at; the current directory when not given.
        observe: Sees each batch once, before redaction: an `ErrorTracker.logs` where nothing is exported.
    """
    if settings.console is None and not settings.files:
        return Outputs(())
    from otel_agent.logs.console import Console, shows_colours
    from otel_agent.logs.formatting import json_line, text_line
    from otel_agent.logs.queue import LogQueue
    from otel_agent.logs.rotation import RotatingFile

    chosen: list[tuple[Output, Callable[[Any], str]]] = []
    if settings.console == "json":
        chosen.append((Console(), json_line))
    elif settings.console == "text":
        chosen.append((Console(), partial(text_line, is_coloured=shows_colours(sys.stderr, os.environ))))
    for file in settings.files:
        path = (directory or Path.cwd()) / Path(file.path).expanduser()
        problem = _problem(path)
        if problem is not None and problems is not None:
            problems.append(problem)
        chosen.append((RotatingFile(path, file.max_bytes, file.backups), json_line))
    queues = [
        LogQueue(output, form, redactor.logs, observe=observe if position == 0 else None)
        for position, (output, form) in enumerate(chosen)
    ]
    return Outputs(queues, has_console=settings.console is not None)


def _problem(path: Path) -> str | None:
    """Why a file will not be writable, as far as can be told without touching it."""
    if path.is_dir():
        return f"logs.files: expected a file, found the directory {path}; give the name of a file in it"
    if path.exists():
        return None if os.access(path, os.W_OK) else f"logs.files: {path} cannot be written; check its owner and mode"
    parent = next(parent for parent in path.parents if parent.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        return f"logs.files: {path} cannot be made, because {parent} cannot be written; check its owner and mode"
    return None
