"""
Log outputs: console and files, each with a queue and a thread of its own, fed where the export is fed.

    outputs = build_outputs(config.logs, redactor, problems)
    handler = BridgeHandler(export_queue_or_None, resource, level, outputs.sinks, outputs.is_echo)
    remove = install_bridge(handler, is_last_resort=outputs.has_console)
    outputs.start() … outputs.close(timeout_s)

Without `console` and `files` in the configuration there is nothing here, and the agent's own handlers print as ever.
"""

import logging
import os
import sys
from collections.abc import Callable, MutableSequence, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otel_agent.clock import SYSTEM, Clock
from otel_agent.late_imports import late_module
from otel_agent.logs.formatting import json_line, text_line

if TYPE_CHECKING:  # loaded where an output was asked for
    from otel_agent.logs import console, queue, rotation
else:
    console = late_module("otel_agent.logs.console")
    queue = late_module("otel_agent.logs.queue")
    rotation = late_module("otel_agent.logs.rotation")

__all__ = ["Outputs", "build_outputs"]


class Outputs:
    """
    The queues of all outputs: started, flushed, closed and forked together.

    Args:
        queues: In the order of the configuration.
        has_console: Whether one of them writes to the terminal.
        is_echo: Whether a record says again what was written to the terminal; None where nothing is.
        clock: Its monotonic face shares out deadlines.
    """

    def __init__(
        self,
        queues: "Sequence[queue.LogQueue]",
        *,
        has_console: bool = False,
        is_echo: Callable[[logging.LogRecord], bool] | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        self.queues = tuple(queues)
        self.sinks = tuple(each.sink for each in queues)
        """Queues that `BridgeHandler` feeds; empty when nothing was asked for."""
        self.has_console = has_console
        self.is_echo = is_echo
        self._clock = clock

    def start(self) -> None:
        """Start the threads."""
        for each in self.queues:
            each.start()

    def flush(self, timeout_s: float) -> bool:
        """
        Write what waits.

        Args:
            timeout_s: Longest time this takes, in seconds, for all of them together.

        Returns:
            Whether everything that waited has been written.
        """
        return self._each(lambda each, within_s: each.flush(within_s), timeout_s)

    def close(self, timeout_s: float) -> bool:
        """
        Write what waits and stop. Safe before `start`, and twice.

        Args:
            timeout_s: Longest time this takes, in seconds, for all of them together.

        Returns:
            Whether everything has been written.
        """
        return self._each(lambda each, within_s: each.close(within_s), timeout_s)

    def counts(self) -> dict[str, dict[str, Any]]:
        """Records counted by output and by what became of them: accepted = queued + written + dropped."""
        return {each.name: each.counts() for each in self.queues}

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child."""
        for each in self.queues:
            each.reinit_after_fork()

    def _each(self, do: "Callable[[queue.LogQueue, float], bool]", timeout_s: float) -> bool:
        deadline_s = self._clock.monotonic_s() + timeout_s
        done = [do(each, max(0.0, deadline_s - self._clock.monotonic_s())) for each in self.queues]
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
        directory: Directory that relative paths begin at; the current one when not given.
        observe: Called with each batch once, before redaction: an `ErrorTracker.logs` where nothing is exported.
    """
    if settings.console is None and not settings.files:
        return Outputs(())
    chosen: list[tuple[queue.LogOutput, Callable[[Any], str]]] = []
    is_echo = None
    if settings.console is not None:
        coloured_line = partial(text_line, is_coloured=console.shows_colours(sys.stderr, os.environ))
        terminal = console.Console()
        is_echo = terminal.echoes.is_echo
        chosen.append((terminal, json_line if settings.console == "json" else coloured_line))
    for file in settings.files:
        path = (directory or Path.cwd()) / Path(file.path).expanduser()
        problem = _problem(path)
        if problem is not None and problems is not None:
            problems.append(problem)
        chosen.append((rotation.RotatingFile(path, file.max_bytes, file.backups), json_line))
    queues = [
        queue.LogQueue(output, form, redactor.logs, observe=observe if position == 0 else None)
        for position, (output, form) in enumerate(chosen)
    ]
    return Outputs(queues, has_console=settings.console is not None, is_echo=is_echo)


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
