"""
`init`: once a process, and nothing of it reaches the agent.

Mistakes in the set-up are all found before anything runs. With `strict` they are raised and nothing is left behind; otherwise
each is a line of the logger `otel_agent`, and the rest works.
"""

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.arguments import with_known_names
from otel_agent.config.loading import Loaded, load, working_directory
from otel_agent.config.sources.variables import BASELINE
from otel_agent.errors import ConfigurationError, OtelAgentError
from otel_agent.guard import shared as guard
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.exit_hooks import ExitHooks
from otel_agent.lifecycle.reload_signal import HANGUP, ReloadSignal, has_terminal
from otel_agent.lifecycle.signals import SIGNALS, EndSignals
from otel_agent.providers.existing import find_existing
from otel_agent.providers.propagation import build_propagator, load_propagation
from otel_agent.telemetry import components
from otel_agent.telemetry.assembly.delivery import Observers
from otel_agent.telemetry.facade import Telemetry
from otel_agent.telemetry.installing import OURS
from otel_agent.telemetry.instrumenting import Instrumentation
from otel_agent.telemetry.parts import Parts, TurnedClock
from otel_agent.telemetry.reloading import Reloading

if TYPE_CHECKING:
    from opentelemetry import propagate

    from otel_agent.telemetry import unsupported
    from otel_agent.telemetry.assembly import baselines
else:
    baselines = late_module("otel_agent.telemetry.assembly.baselines")  # for programs under `otel-agent baseline`
    unsupported = late_module("otel_agent.telemetry.unsupported")
    propagate = late_module("opentelemetry.propagate")  # not loaded for the default

__all__ = ["init", "stand_in", "start"]


class _CurrentTelemetry:
    """The one telemetry of the process; `lock` is held while one is made."""

    lock = primitives.RLock()
    telemetry: Telemetry | None = None
    arguments: Mapping[str, Any] = {}
    is_stand_in = False
    """Whether it was begun by a test, whose agent may call `init` with whatever it likes."""


@with_known_names
def init(  # noqa: PLR0913 - each is a promise of the public interface
    service_name: str | None = None,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    environment: str | None = None,
    endpoint: str | None = None,
    protocol: str | None = None,
    headers: Mapping[str, str] | None = None,
    export: str | Sequence[str] | None = None,
    instrument: bool | Sequence[str] | None = None,
    trace_modules: bool | Sequence[str] | None = None,
    trace_min_duration_s: float | None = None,
    metrics_interval_s: float | None = None,
    alerts: Any = None,
    health: int | str | bool | None = None,
    spool: str | Path | bool | None = None,
    shutdown_timeout_s: float | None = None,
    strict: bool | None = None,
) -> Telemetry:
    """
    Observe this process from now on. Prints nothing, opens no connection, changes no environment variable.

    `None` always means "not given, look further": argument, environment variable, overlay file, file, default.

    Args:
        service_name: Name of the agent; else `OTEL_SERVICE_NAME`, the file, `[project].name` of `pyproject.toml`,
            the application of a server, the notebook, the script.
        config: Path of a configuration file, or its content as a mapping; else `OTEL_AGENT_CONFIG`, else `otel-agent.yaml`
            in the working directory when there is one.
        environment: "production" adds the overlay `otel-agent.production.yaml`; else `OTEL_AGENT_ENVIRONMENT`.
        endpoint: Where OTLP goes, such as "http://127.0.0.1:4318"; else `OTEL_EXPORTER_OTLP_ENDPOINT`.
        protocol: "http/protobuf" or "grpc".
        headers: Sent with every request.
        export: "otlp", "console", "file", "none", or several. Default: OTLP when there is an endpoint; otherwise trees and a
            summary on the terminal when there is one.
        instrument: True for every installed instrumentation, False for none, or their names.
        trace_modules: Modules whose functions get spans without a decorator; default: the agent's own. False for none, or names,
            each with everything below it: ["trader", "!trader.feed"], where "!" takes a module or a function away.
        trace_min_duration_s: Such spans only for calls that take longer, in seconds; default 0.001.
        metrics_interval_s: How often metrics are sent, in seconds; default 60.
        alerts: Path or paths of rule files, or rules in shorthand.
        health: Port or "host:port" of the probes, or False; default: no server.
        spool: Directory for what cannot be sent in time, or False; default: the user's state directory.
        shutdown_timeout_s: Everything at exit, in seconds; default 2.0.
        strict: Whether mistakes in the set-up raise.

    Returns:
        The telemetry; the same object at every further call, with a warning that lists what differs.

    Raises:
        OtelAgentError: With `strict`: a mistake in the set-up. Nothing is left behind, and `init` can be called again.
        TypeError: There is no argument of that name.

    Example:
        ```python
        telemetry = otel_agent.init("trader", trace_modules=["trader"], export="none")
        ```
    """
    arguments = {name: value for name, value in locals().items() if value is not None}
    with _CurrentTelemetry.lock:
        present = _CurrentTelemetry.telemetry
        if present is not None and present.is_running:
            if not _CurrentTelemetry.is_stand_in:
                _warn_of_differences(_CurrentTelemetry.arguments, arguments)
            return present
        _CurrentTelemetry.telemetry = telemetry = start(arguments)
        _CurrentTelemetry.arguments = arguments
        _CurrentTelemetry.is_stand_in = False
        return telemetry


@contextmanager
def stand_in(telemetry: Telemetry) -> Iterator[None]:
    """
    Let `init` answer with another telemetry for the length of a block; the one that was there before goes on afterwards.

    Args:
        telemetry: Made by `start`; it has ended when the block ends.
    """
    current = _CurrentTelemetry
    with current.lock:
        before = current.telemetry, current.arguments, current.is_stand_in
        current.telemetry, current.arguments, current.is_stand_in = telemetry, {}, True
    try:
        yield
    finally:
        with current.lock:
            current.telemetry, current.arguments, current.is_stand_in = before
        if before[0] is not None:
            before[0].resume()


@contextmanager
def _without_collections() -> Iterator[None]:
    """
    Load modules without the garbage collector looking through them again and again; a third of the time of a start.

    Source: `python benchmarks/run.py`, start-up.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_without_collections()
def start(
    arguments: Mapping[str, Any], observers: Observers | None = None, turned: TurnedClock | None = None
) -> Telemetry:
    """
    Load, build, install, run.

    Args:
        arguments: Those of `init`, without those that were not given.
        observers: Further functions that see what is delivered, by signal.
        turned: A clock turned by hand, in a test.

    Returns:
        What `init` returns. It is not the process's own, and ends when its holder says so.

    Raises:
        OtelAgentError: See `init`.
    """
    loaded = load(arguments)
    loaded.raise_if_strict()
    for line in (*loaded.problems, *loaded.warnings):
        guard.report(f"config.{line}", line)
    if loaded.config.disabled:
        return Telemetry(loaded.config, None, loaded.problems)
    if sys.platform == "win32":
        return unsupported.without_observation(loaded)
    try:
        return _start_loaded(loaded, observers, _reader(arguments), turned)
    except Exception as error:
        text = f"telemetry could not be started ({type(error).__name__}: {error})"
        if loaded.config.strict:
            if isinstance(error, OtelAgentError):
                raise
            raise OtelAgentError(text) from error
        guard.report("telemetry.start", "telemetry could not be started; the agent runs unobserved", error)
        return Telemetry(loaded.config, None, (*loaded.problems, text))


def _reader(arguments: Mapping[str, Any]) -> Callable[[], Loaded]:
    """Read everything again, with the variables and the working directory of the start: an agent may change both."""
    environ, directory, script = dict(os.environ), working_directory(), tuple(sys.argv)
    return lambda: load(arguments, environ=environ, directory=directory, script=script)


def _start_loaded(
    loaded: Loaded, observers: Observers | None, read: Callable[[], Loaded], turned: TurnedClock | None
) -> Telemetry:
    config, directory = loaded.config, _directory(loaded)
    problems: list[str] = []
    load_propagation(os.environ)
    parts = Parts(
        config,
        directory=directory,
        existing=find_existing(OURS),
        problems=problems,
        observers=observers,
        renew_export=lambda: read().config.export,
        turned=turned,
    )
    problems[:] = map(loaded.located, problems)
    if config.strict and problems:
        raise ConfigurationError(problems)
    guard.redact_with(parts.redactor.text)
    parts.install_globals()
    propagator = build_propagator(config.propagators, problems)
    if propagator is not None:
        propagate.set_global_textmap(propagator)
    if config.logs.own_level is not None:
        logging.getLogger("otel_agent").setLevel(config.logs.own_level)
    instrumentation = Instrumentation(parts, problems)
    components.start(
        parts,
        Component(
            "instruments",
            instrumentation.start,
            lambda _: instrumentation.close(),
            reinit_after_fork=instrumentation.reinit_after_fork,
        ),
    )
    if config.strict and problems:
        parts.lifecycle.close()
        raise ConfigurationError(problems)
    for line in problems:
        guard.report(f"config.{line}", line)
    reloading = Reloading(loaded, read, parts, directory)
    telemetry = Telemetry(config, parts, (*loaded.problems, *problems), reloading)
    parts.insight.answer_with(telemetry.answers())
    _install_process_hooks(telemetry, parts, loaded)
    telemetry.ready()
    return telemetry


def _install_process_hooks(telemetry: Telemetry, parts: Parts, loaded: Loaded) -> None:
    """End with the process, however it ends, and hear what it is told."""
    config, lifecycle = loaded.config, parts.lifecycle
    exits = ExitHooks(telemetry.shutdown, hurry=lifecycle.hurry)
    exits.install()
    parts.process_hooks.append(exits)
    notes = os.environ.get(BASELINE)
    if notes:
        lifecycle.on_stop(lambda: baselines.leave_note(notes))
    if config.lifecycle.signals != "auto":
        return

    def notice(timeout_s: float) -> None:
        lifecycle.drain()
        telemetry.flush(timeout_s)

    is_reloaded = _is_reloaded_on_hangup(loaded)
    if is_reloaded:
        reload_signal = ReloadSignal(telemetry.reload)
        reload_signal.install()
        parts.process_hooks.append(reload_signal)
    signals = EndSignals(
        lifecycle.close,
        on_notice=notice,
        hurry=lifecycle.hurry,
        deadline_s=config.lifecycle.shutdown_timeout_s,
        signals=[number for number in SIGNALS if not (is_reloaded and number == HANGUP)],
    )
    problem = signals.install()
    parts.process_hooks.append(signals)
    if problem is not None:
        guard.report("telemetry.signals", problem)


def _is_reloaded_on_hangup(loaded: Loaded) -> bool:
    wanted = loaded.config.lifecycle.on_hangup
    return wanted == "reload" or (wanted == "auto" and bool(loaded.files) and not has_terminal())


def _directory(loaded: Loaded) -> Path:
    """What relative paths of rule files begin at: where the configuration stands, else the working directory."""
    return Path(loaded.files[-1]).absolute().parent if loaded.files else Path(working_directory())


def _warn_of_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    differing = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if differing:
        guard.report(
            "telemetry.again",
            f"otel_agent.init() was called before with other arguments ({', '.join(sorted(differing))} differ); the first"
            " call counts. Call shutdown() first to begin anew",
        )
