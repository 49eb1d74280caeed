"""
One contract for everything that starts and closes, on the real objects.

Closing is safe before the start and twice, comes back in time and leaves neither thread nor signal handler behind; a start after the
end has no effect, or begins anew and ends as before; what is held for a fork goes on after it, and a forked child can end.
"""

import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from waiting import until

from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.notify.dispatcher import Dispatcher
from otel_agent.alerts.notify.receivers.log import LogReceiver
from otel_agent.alerts.notify.workers import ReceiverWorker
from otel_agent.alerts.rules.files import read_text
from otel_agent.catalog import runtime as catalog
from otel_agent.clock import monotonic_s
from otel_agent.config.sections.alerts import AlertsSettings
from otel_agent.config.sections.health import HealthSettings
from otel_agent.config.sections.logs import LogFileSettings, LogsSettings
from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.late_engine import LateEngine
from otel_agent.delivery.overflow import OverflowWorker
from otel_agent.delivery.queues import SignalQueue
from otel_agent.delivery.senders.file import FileSender
from otel_agent.delivery.senders.grpc import GrpcSender
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.delivery.spool.spool import Spool
from otel_agent.errors import LifecycleError
from otel_agent.health.assembly import HealthService
from otel_agent.health.monitor import HealthMonitor
from otel_agent.health.registry import CheckRegistry
from otel_agent.health.reports import HealthReport
from otel_agent.health.server import HealthServer
from otel_agent.instruments import greenlets, imports, threads
from otel_agent.instruments.automatic.own_code import OwnCode
from otel_agent.instruments.automatic.selection import Selection
from otel_agent.instruments.automatic.tracing import AutomaticTracing
from otel_agent.instruments.distributions import BucketCounts
from otel_agent.instruments.machine import host, process, runtime
from otel_agent.instruments.machine.event_loops import LoopWatch
from otel_agent.instruments.observing import Handle
from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.exit_hooks import ExitHooks
from otel_agent.lifecycle.idle_threads import IdleThreads
from otel_agent.lifecycle.lifecycle import Lifecycle
from otel_agent.lifecycle.main_thread import MainThreadCalls
from otel_agent.lifecycle.reload_signal import ReloadSignal
from otel_agent.lifecycle.signals import EndSignals
from otel_agent.lifecycle.wakeup import Wakeup
from otel_agent.logs.outputs import build_outputs
from otel_agent.processors.attaching import QueueProcessor
from otel_agent.processors.callbacks import Callbacks
from otel_agent.processors.metrics import AgentMetricReader
from otel_agent.redaction.redactor import Redactor
from otel_agent.series.store import Store
from otel_agent.telemetry.assembly.alerting import AlertAssembly, build_alerting
from otel_agent.telemetry.assembly.terminal import Terminal
from otel_agent.telemetry.facade import Telemetry
from otel_agent.telemetry.starting import start

ALLOWED_S = 1.0
"""Time that each is given to close, in seconds."""

BOUND_S = 30.0
"""When a close that was given a second counts as hanging, in seconds."""

SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGURG") if hasattr(signal, name)]


@dataclass(frozen=True)
class Subject:
    """Something with a life."""

    build: Callable[[Path], Any]
    start: str | None = "start"
    close: str = "close"
    arguments: tuple[Any, ...] = (ALLOWED_S,)
    """What `close` is given."""
    begins_again: bool = False
    """Whether a start after the end begins anew."""
    follows_forks: bool = False
    """Whether it hears of forks by itself, from its start on."""

    def begin(self, subject: Any) -> None:
        """Start it."""
        if self.start is not None:
            getattr(subject, self.start)()

    def end(self, subject: Any) -> None:
        """Close it."""
        getattr(subject, self.close)(*self.arguments)


class Owner:
    """Idle threads and the one who wants them."""

    def __init__(self) -> None:
        self.threads = IdleThreads(2)

    def start(self) -> None:
        """Want them."""
        self.threads.keep(self)

    def close(self) -> None:
        """Want them no longer."""
        self.threads.give_back(self)


RULES = "groups: [{name: g, interval: 1s, rules: [{alert: Up, expr: vector(1)}]}]"


def overflow_worker() -> OverflowWorker:
    """Of no queues, so that it never needs what puts items onto the disk."""
    return OverflowWorker((), lambda: True)


def late_engine(directory: Path) -> LateEngine:
    """With an engine behind it that writes a file."""
    settings = DeliverySettings(delay_s=0.01)
    return LateEngine(lambda queues: DeliveryEngine(file_sender(directory), settings=settings, queues=queues), settings)


def file_sender(directory: Path) -> FileSender:
    """Nothing is opened yet."""
    return FileSender(str(directory / "telemetry.jsonl"))


def alerting(directory: Path) -> AlertAssembly:
    """Of one rule that always holds."""
    (directory / "rules.yml").write_text(RULES)
    settings = AlertsSettings(defaults=False, rule_files=("rules.yml",))
    return build_alerting(settings, {}, directory=directory, redactor=Redactor())


def machine_instruments(_: Path) -> Handle:
    """Everything that is measured about host, process and interpreter."""
    meter = MeterProvider(shutdown_on_exit=False).get_meter("agent")
    handles = [host.install(meter, tick_s=1.0), process.install(meter, tick_s=1.0), runtime.install(meter)]
    return Handle([handle.close for handle in handles])


def traced_module(_: Path) -> AutomaticTracing:
    """Automatic tracing of a module with one function."""
    module = ModuleType("contract_subject")
    exec("def work():\n    return 1", vars(module))
    sys.modules["contract_subject"] = module
    return AutomaticTracing(Selection(["contract_subject"], OwnCode("/nowhere")))


def log_outputs(directory: Path) -> Any:
    """One file."""
    return build_outputs(LogsSettings(files=(LogFileSettings(path="agent.log"),)), Redactor(), directory=directory)


def http_targets() -> Any:
    """Nobody listens there."""
    return build_targets("http://127.0.0.1:9", protocol="http/protobuf", signals={"traces": {}})


def grpc_targets() -> Any:
    """Nobody listens there."""
    return build_targets("http://127.0.0.1:9", protocol="grpc", signals={"traces": {}})


def telemetry(directory: Path) -> Telemetry:
    """Everything at once; it has begun when it is there."""
    logs = {"files": [{"path": str(directory / "agent.log")}]}
    return start({"service_name": "x", "export": "none", "instrument": False, "config": {"logs": logs}})


def never_called() -> HealthReport:
    """Nobody asks."""
    raise AssertionError


SUBJECTS = {
    "alerting": Subject(alerting, begins_again=True),
    "alert engine": Subject(lambda _: AlertEngine(read_text(RULES).groups, Store()), begins_again=True),
    "automatic tracing": Subject(traced_module, start=None, arguments=()),
    "callbacks of metrics": Subject(lambda _: Callbacks(1.0), start=None, arguments=()),
    "calls into the main thread": Subject(
        lambda _: MainThreadCalls(lambda *_: None), start="install", arguments=(), begins_again=True
    ),
    "delivery engine": Subject(lambda directory: DeliveryEngine(file_sender(directory))),
    "delivery engine with a spool": Subject(
        lambda directory: DeliveryEngine(file_sender(directory), spool=Spool(str(directory), service="x"))
    ),
    "dispatcher": Subject(lambda _: Dispatcher([LogReceiver("log")]), begins_again=True),
    "event loop watch": Subject(
        lambda _: LoopWatch(BucketCounts(catalog.EVENT_LOOP_DELAY)), start="install", arguments=(), begins_again=True
    ),
    "exit hooks": Subject(
        lambda _: ExitHooks(lambda: None), start="install", arguments=(), begins_again=True, follows_forks=True
    ),
    "file sender": Subject(file_sender, start=None, arguments=()),
    "gRPC sender": Subject(lambda _: GrpcSender(grpc_targets()), start=None, arguments=()),
    "HTTP sender": Subject(lambda _: HttpSender(http_targets()), start=None, arguments=()),
    "greenlet contexts": Subject(
        lambda _: greenlets, start="install", close="uninstall", arguments=(), begins_again=True
    ),
    "health monitor": Subject(lambda _: HealthMonitor(CheckRegistry()), begins_again=True),
    "health server": Subject(lambda _: HealthServer(never_called), begins_again=True),
    "health service": Subject(lambda _: HealthService(HealthSettings(port=0), registry=CheckRegistry())),
    "idle threads": Subject(lambda _: Owner(), arguments=(), begins_again=True, follows_forks=True),
    "import watch": Subject(lambda _: imports.after_import(lambda _: False, lambda _: None), start=None, arguments=()),
    "late engine": Subject(late_engine),
    "lifecycle": Subject(lambda _: Lifecycle([Component("a", close=lambda _: None)]), follows_forks=True),
    "log outputs": Subject(log_outputs),
    "log queue": Subject(lambda directory: log_outputs(directory).queues[0]),
    "machine instruments": Subject(machine_instruments, start=None, arguments=()),
    "metric reader": Subject(lambda _: AgentMetricReader(collect_interval_s=0.05), follows_forks=True),
    "overflow worker": Subject(lambda _: overflow_worker(), arguments=(), begins_again=True),
    "queue processor": Subject(lambda _: QueueProcessor(SignalQueue(10)), start=None, arguments=()),
    "receiver's worker": Subject(lambda _: ReceiverWorker(LogReceiver("log")), start=None),
    "reload signal": Subject(lambda _: ReloadSignal(lambda: None), start="install", arguments=(), begins_again=True),
    "signals": Subject(lambda _: EndSignals(lambda _: None), start="install", arguments=(), follows_forks=True),
    "spool": Subject(lambda directory: Spool(str(directory), service="x"), start=None, arguments=()),
    "telemetry": Subject(telemetry, start=None, close="shutdown", follows_forks=True),
    "terminal": Subject(lambda _: Terminal(io.StringIO(), "x"), start=None, arguments=()),
    "thread contexts": Subject(lambda _: threads, start="install", close="uninstall", arguments=(), begins_again=True),
    "wake-up": Subject(lambda _: Wakeup(lambda _: None, lambda: None), arguments=()),
}
"""Everything in the package that starts and closes."""


@pytest.fixture(params=SUBJECTS, ids=lambda name: name.replace(" ", "-"))
def kind(request: pytest.FixtureRequest) -> Subject:
    """One of them."""
    return SUBJECTS[request.param]


@dataclass(frozen=True)
class Traces:
    """What of ours there is in the process."""

    threads: frozenset[threading.Thread]
    places: tuple[Any, ...]
    """Where one of ours may stand: signal handlers, finders of modules, methods of threads."""


def traces() -> Traces:
    """What of ours there is now."""
    return Traces(
        frozenset(thread for thread in threading.enumerate() if thread.name.startswith("otel-agent")),
        (*(signal.getsignal(number) for number in SIGNALS), len(sys.meta_path), threading.Thread.start),
    )


def left_behind(before: Traces) -> bool:
    """Whether there is more than there was; threads of others may have ended meanwhile."""
    now = traces()
    return bool(now.threads - before.threads) or now.places != before.places


def nothing_is_left(before: Traces) -> bool:
    """Whether all of ours is gone, or goes within a moment."""
    return until(lambda: not left_behind(before))


def test_closing_is_safe_before_the_start(kind: Subject, tmp_path: Path) -> None:
    """It leaves nothing behind."""
    before = traces()
    subject = kind.build(tmp_path)
    kind.end(subject)

    assert nothing_is_left(before)


def test_it_closes_in_time_and_leaves_nothing_behind(kind: Subject, tmp_path: Path) -> None:
    """A second to close is enough; starting and closing again does nothing."""
    before = traces()
    subject = kind.build(tmp_path)
    kind.begin(subject)
    kind.begin(subject)
    began_s = monotonic_s()
    kind.end(subject)
    kind.end(subject)

    assert monotonic_s() - began_s < BOUND_S
    assert nothing_is_left(before)


def test_one_that_is_closed_as_soon_as_it_has_started_is_closed(kind: Subject, tmp_path: Path) -> None:
    """Whatever its thread had come to by then; again and again, because that is chance."""
    before = traces()
    for turn in range(20):
        directory = tmp_path / str(turn)
        directory.mkdir()
        subject = kind.build(directory)
        kind.begin(subject)
        kind.end(subject)

    assert nothing_is_left(before)


def test_a_start_after_the_end_has_no_effect_or_begins_anew(kind: Subject, tmp_path: Path) -> None:
    """What begins anew ends as it did before."""
    before = traces()
    subject = kind.build(tmp_path)
    kind.begin(subject)
    kind.end(subject)
    with suppress(LifecycleError):
        kind.begin(subject)
    if kind.begins_again:
        kind.end(subject)

    assert nothing_is_left(before)


def test_what_was_held_for_a_fork_goes_on_and_ends(kind: Subject, tmp_path: Path) -> None:
    """Twice, because a process may fork again."""
    before = traces()
    subject = kind.build(tmp_path)
    kind.begin(subject)
    for _ in range(2):
        for step in ("hold_for_fork", "go_on_after_fork"):
            getattr(subject, step, lambda: None)()
    kind.end(subject)

    assert nothing_is_left(before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_begins_anew_and_ends_and_so_does_its_parent(kind: Subject, tmp_path: Path) -> None:
    """In a real child, which must come to its own end in time."""
    before = traces()
    subject = kind.build(tmp_path)
    kind.begin(subject)
    follow = (lambda _: None) if kind.follows_forks else partial(step_of, subject)
    follow("hold_for_fork")
    pid = forked()
    if pid == 0:
        status = 1
        try:
            follow("reinit_after_fork")
            kind.end(subject)
            kind.end(subject)
            status = 0
        finally:
            os._exit(status)
    follow("go_on_after_fork")
    ended = until(lambda: os.waitpid(pid, os.WNOHANG), lambda found: found[0], timeout_s=BOUND_S)
    if not ended[0]:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    kind.end(subject)

    assert (pid, 0) == (ended[0], os.waitstatus_to_exitcode(ended[1]))
    assert nothing_is_left(before)


def step_of(subject: Any, name: str) -> None:
    """A step around a fork, where it has one."""
    getattr(subject, name, lambda: None)()


def forked() -> int:
    """`os.fork`; from Python 3.12 on it warns of threads, and these are what this is about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()
