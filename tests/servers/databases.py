"""What is recorded of databases in one test, and a PostgreSQL of its own for those that need a real one."""

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from waiting import until

from otel_agent.delivery.wire import encode_metrics, encode_spans
from otel_agent.instruments.databases import sqlalchemy as instrument
from otel_agent.processors.kept_histograms import producer

CANARY = "canary-4711"
"""A value that must stay in the process."""

METADATA = sa.MetaData()
ORDERS = sa.Table(
    "orders",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("symbol", sa.String(40), unique=True),
)


class MappedBase(DeclarativeBase):
    """Two tables, one of which refers to the other."""


class Trader(MappedBase):
    """One of many."""

    __tablename__ = "traders"
    id: Mapped[int] = mapped_column(primary_key=True)
    trades: Mapped[list["Trade"]] = relationship(back_populates="trader")


class Trade(MappedBase):
    """Of one trader."""

    __tablename__ = "trades"
    id: Mapped[int] = mapped_column(primary_key=True)
    trader_id: Mapped[int] = mapped_column(sa.ForeignKey("traders.id"))
    trader: Mapped[Trader] = relationship(back_populates="trades")


_made: list[sa.Engine] = []


def create_engine(url: str = "sqlite://", **how: Any) -> sa.Engine:
    """An engine that is disposed of when the stage of its test closes."""
    engine = sa.create_engine(url, **how)
    _made.append(engine)
    return engine


def dispose() -> None:
    """Close what engines made here have open."""
    while _made:
        _made.pop().dispose()


class SpanQueue:
    """Takes spans as the delivery engine's queue does."""

    def __init__(self) -> None:
        self.items: deque[Any] = deque()
        self.limit = 100

    def overflow(self, item: Any) -> None:
        """Not reached here."""
        raise AssertionError


class Stage:
    """The SDK's providers with everything kept in memory, and the instrument installed with them."""

    def __init__(self, **how: Any) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self._meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.tracer = self.tracers.get_tracer("tests")
        self.status = instrument.install(self.tracers, self._meters, **how)

    def close(self) -> None:
        """Take the instrument back."""
        instrument.uninstall()
        dispose()
        self._meters.shutdown()
        self.tracers.shutdown()

    def every_span(self) -> Sequence[ReadableSpan]:
        """Spans of queries and of the test itself, in the order of their ends."""
        return self._exporter.get_finished_spans()

    def spans(self) -> list[ReadableSpan]:
        """Spans of queries, in order."""
        return [
            span for span in self.every_span() if getattr(span.instrumentation_scope, "name", "") == instrument.SCOPE
        ]

    def names(self) -> list[str]:
        """Their names."""
        return [span.name for span in self.spans()]

    def last(self) -> dict[str, Any]:
        """Attributes of the last query."""
        return dict(self.spans()[-1].attributes or {})

    def forget(self) -> None:
        """Begin with no span again."""
        self._exporter.clear()

    def metrics(self) -> dict[str, list[Any]]:
        """Points by metric, those kept beside the SDK included."""
        data = self._reader.get_metrics_data()
        scopes = [] if data is None else [scope for each in data.resource_metrics for scope in each.scope_metrics]
        scopes += producer(instrument.SCOPE, instrument.distributions)()
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}

    def figures(self, name: str) -> dict[tuple[Any, ...], Any]:
        """Values, or counts of histograms, of a metric by the values of its attributes in the order of their names."""
        return {
            tuple(value for _, value in sorted(point.attributes.items())): getattr(point, "value", None)
            if hasattr(point, "value")
            else point.count
            for point in self.metrics().get(name, [])
        }

    def connections(self) -> dict[str, int]:
        """Connections of the one pool there is, by state."""
        return {key[1]: value for key, value in self.figures("db.client.connection.count").items()}

    def wire(self) -> bytes:
        """Everything there is, as it leaves the process."""
        data = self._reader.get_metrics_data()
        return encode_spans(self.every_span()) + (encode_metrics(data) if data is not None else b"")


def free_port() -> int:
    """A port that nobody listens on and the system gives to no client, so that it is still free after a restart."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")


class Postgres:
    """A PostgreSQL in a folder of its own on a free port of this machine."""

    def __init__(self) -> None:
        # Not below pytest's folder, which is its user's alone, and made so again by every other run.
        self._kept = tempfile.TemporaryDirectory(prefix="otel-agent-postgresql-")
        self._folder = folder = Path(self._kept.name)
        self._data = folder / "data"
        self.port = free_port()
        self.address = f"trader:not-a-secret@127.0.0.1:{self.port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def program(name: str) -> str | None:
        """Where a program of PostgreSQL lies; Debian keeps them apart by version."""
        found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        return str(found[-1]) if found else shutil.which(name)

    def start(self) -> None:
        """Make the database, once, and start the server; returns when it answers."""
        if not self._data.exists():
            self._data.mkdir(mode=0o700)
            (self._folder / "password").write_text("not-a-secret")
            self._give_away(self._folder, self._data, self._folder / "password")
            self._run(
                *("initdb", "-D", str(self._data), "-U", "trader", "-A", "scram-sha-256", "--no-sync"),
                *("--pwfile", str(self._folder / "password"), "-E", "UTF8", "--locale", "C"),
            )
        if not until(self._answers):
            raise TimeoutError((self._folder / "log").read_text()[-2000:])

    def _answers(self) -> bool:
        """Whether it answers; one that has ended, because another took its port, is started again."""
        if self._process is None or self._process.poll() is not None:
            self._launch()
        return self._is_ready()

    def _launch(self) -> None:
        program = self.program("postgres")
        assert program is not None
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(program, "-D", str(self._data), "-p", str(self.port), "-k", str(self._folder)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
                ],
                stdout=log,
                stderr=log,
                **self._user(),
            )

    def stop(self) -> None:
        """End it at once; what it kept is kept."""
        if self._process is not None:
            self._process.send_signal(2)  # SIGINT: fast shutdown
            self._process.wait(20)
            self._process = None

    def close(self) -> None:
        """End it and leave nothing."""
        self.stop()
        self._kept.cleanup()

    def _is_ready(self) -> bool:
        program = self.program("pg_isready")
        assert program is not None
        command = [program, "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0

    def _run(self, name: str, *arguments: str) -> None:
        program = self.program(name)
        assert program is not None
        subprocess.run([program, *arguments], check=True, capture_output=True, timeout=60, **self._user())

    def _user(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root."""
        return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "cwd": "/"} if os.geteuid() == 0 else {}

    def _give_away(self, *paths: Path) -> None:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in paths:
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
