"""Every query of every engine has a span and a duration, and nothing of its values leaves the process."""

import logging
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import Stage, create_engine, dispose
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, use_span
from sqlalchemy import create_engine as early_bound_create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

from otel_agent import catalog, guard
from otel_agent.delivery.wire import encode_spans
from otel_agent.instruments.automatic.pending_spans import CallSite
from otel_agent.instruments.databases import sqlalchemy as instrument
from otel_agent.logs.exceptions import exception_attributes
from otel_agent.recording.failures import SAFE_TEXT, stack_of, text_of
from otel_agent.recording.provider import TracerProvider as OurTracerProvider

CANARY = "canary-4711"

early_engine = early_bound_create_engine("sqlite://")
"""Made before any test installs anything."""

METADATA = sa.MetaData()
ORDERS = sa.Table(
    "orders",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("symbol", sa.String(40), unique=True),
)


class Base(DeclarativeBase):
    """Two tables, one of which refers to the other."""


class Trader(Base):
    """One of many."""

    __tablename__ = "traders"
    id: Mapped[int] = mapped_column(primary_key=True)
    trades: Mapped[list["Trade"]] = relationship(back_populates="trader")


class Trade(Base):
    """Of one trader."""

    __tablename__ = "trades"
    id: Mapped[int] = mapped_column(primary_key=True)
    trader_id: Mapped[int] = mapped_column(sa.ForeignKey("traders.id"))
    trader: Mapped[Trader] = relationship(back_populates="trades")


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The instrument in place, with the SDK's providers."""
    stage = Stage()
    before = guard.shared.counts()
    yield stage
    stage.close()
    assert before == guard.shared.counts()


@pytest.fixture
def engine(stage: Stage) -> Iterator[sa.Engine]:
    """An engine with an empty table of orders, nothing recorded yet."""
    engine = create_engine()
    METADATA.create_all(engine)
    stage.forget()
    yield engine
    engine.dispose()


def test_a_query_has_a_client_span_that_says_what_it_does(stage: Stage, engine: sa.Engine) -> None:
    """The span is named by the summary and carries what the conventions ask for, with no value in it."""
    with engine.connect() as connection:
        connection.execute(sa.select(ORDERS).where(ORDERS.c.symbol == CANARY, ORDERS.c.id.in_([4711, 4712])))
    (span,) = stage.spans()

    assert ("SELECT orders", SpanKind.CLIENT, StatusCode.UNSET) == (span.name, span.kind, span.status.status_code)
    assert {
        "db.system.name": "sqlite",
        "db.namespace": ":memory:",
        "db.operation.name": "SELECT",
        "db.collection.name": "orders",
        "db.query.summary": "SELECT orders",
        "db.query.text": "SELECT orders.id, orders.symbol FROM orders WHERE orders.symbol = ? AND orders.id IN (?)",
    } == dict(span.attributes or {})
    assert b"4711" not in stage.wire()


@pytest.mark.parametrize("make", ["early", "module", "engine module", "from url object", "options"])
def test_every_engine_is_covered(stage: Stage, make: str) -> None:
    """Whenever and however an engine was made, its queries are seen once."""
    makers: dict[str, Callable[[], sa.Engine]] = {
        "early": lambda: early_engine,
        "module": lambda: sa.create_engine("sqlite://"),
        "engine module": lambda: sa.engine.create_engine("sqlite://"),
        "from url object": lambda: early_bound_create_engine(sa.make_url("sqlite://")),
        "options": lambda: sa.create_engine("sqlite://").execution_options(isolation_level="AUTOCOMMIT"),
    }
    engine = makers[make]()
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    engine.dispose()

    assert ["SELECT"] == stage.names()


def test_every_way_to_execute_is_covered(stage: Stage, engine: sa.Engine) -> None:
    """Core, ORM, driver SQL and batches each give one span a statement."""
    Base.metadata.create_all(engine)
    stage.forget()
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1 FROM orders")
        connection.execute(ORDERS.insert(), [{"symbol": "a"}, {"symbol": "b"}])
        connection.execute(ORDERS.update().values(symbol="c").where(ORDERS.c.id == 1))
        connection.execute(ORDERS.delete())
        connection.scalar(sa.select(sa.func.count()).select_from(ORDERS))
        with connection.begin_nested():
            connection.execute(sa.text("SELECT 2"))
    with Session(engine) as session:
        session.add(Trader(id=1))
        session.flush()
        session.get(Trader, 2)

    assert [
        *("SELECT orders", "BATCH INSERT orders", "UPDATE orders", "DELETE orders", "SELECT orders"),
        *("SAVEPOINT", "SELECT", "RELEASE", "INSERT traders", "SELECT traders"),
    ] == stage.names()


def test_batches_tell_their_size(stage: Stage, engine: sa.Engine) -> None:
    """Sets of parameters sent at once are counted, whichever way SQLAlchemy sends them; one set is no batch."""
    rows = [{"symbol": letter} for letter in "abc"]
    with engine.connect() as connection:
        connection.execute(ORDERS.insert(), rows)
        connection.rollback()
        connection.execute(ORDERS.insert().returning(ORDERS.c.id), rows)
        connection.rollback()
        connection.execute(ORDERS.insert(), rows[:1])
        connection.rollback()
        connection.exec_driver_sql("INSERT INTO orders (symbol) VALUES (?)", [("a",), ("b",)])
    found = [
        (attributes["db.operation.name"], attributes["db.query.text"], attributes.get("db.operation.batch.size"))
        for attributes in (span.attributes or {} for span in stage.spans())
    ]
    text = "INSERT INTO orders (symbol) VALUES (?)"

    assert [
        ("BATCH INSERT", text, 3),
        ("BATCH INSERT", f"{text} RETURNING id", 3),
        ("INSERT", text, None),
        ("BATCH INSERT", text, 2),
    ] == found


def test_a_failed_query_tells_its_type_and_code_and_no_value(stage: Stage, engine: sa.Engine) -> None:
    """The driver's words quote values, so neither status nor events repeat them; the agent's exception is untouched."""
    with engine.connect() as connection:
        connection.execute(ORDERS.insert(), {"symbol": CANARY})
        with pytest.raises(sa.exc.IntegrityError) as caught:
            connection.execute(ORDERS.insert(), {"symbol": CANARY})
    span = stage.spans()[-1]

    assert (StatusCode.ERROR, "sqlite3.IntegrityError") == (span.status.status_code, span.status.description)
    assert () == span.events
    attributes = span.attributes or {}
    assert "sqlite3.IntegrityError" == attributes["error.type"]
    assert "SQLITE_CONSTRAINT_UNIQUE" == attributes["db.response.status_code"]
    assert CANARY in str(caught.value)
    assert CANARY.encode() not in stage.wire()
    said = "(sqlite3.IntegrityError SQLITE_CONSTRAINT_UNIQUE) [SQL: INSERT INTO orders (symbol) VALUES (?)]"
    assert [said, said] == [getattr(caught.value, SAFE_TEXT), getattr(caught.value.orig, SAFE_TEXT)]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT '{CANARY}' FROM orders -- {CANARY}",
        f"SELECT * FROM orders /* {CANARY} */ WHERE symbol = '{CANARY}' OR symbol IN ('{CANARY}', 'x')",
        f'SELECT "{CANARY}", id FROM orders WHERE symbol = "{CANARY}" AND id > 4711.5e3',
        f"INSERT INTO orders (symbol) VALUES ('it''s {CANARY}'), ('{CANARY}')",
        f"UPDATE orders SET symbol = '{CANARY}' || symbol WHERE id = 4711",
        f"SELECT no_such_column FROM orders WHERE symbol = '{CANARY}'",
        f"SELECT '{CANARY}",
    ],
)
@pytest.mark.parametrize("is_driver_sql", [True, False])
def test_a_canary_is_in_no_exported_byte(stage: Stage, engine: sa.Engine, sql: str, is_driver_sql: bool) -> None:
    """Literals in text, in comments, in double quotes, in failing and in unreadable statements stay here."""
    with stage.tracer.start_as_current_span("decide"), engine.connect() as connection:
        try:
            if is_driver_sql:
                connection.exec_driver_sql(sql)
            else:
                connection.execute(sa.text(sql.replace(":", "\\:")))
        except sa.exc.DBAPIError:
            pass

    assert 1 == len(stage.spans())
    assert b"canary" not in stage.wire()
    assert b"4711" not in stage.wire()


def test_literals_compiled_into_a_statement_stay_here(stage: Stage, engine: sa.Engine) -> None:
    """SQLAlchemy's own inline literals are literals like any other."""
    with engine.connect() as connection:
        connection.execute(
            sa.select(sa.literal(CANARY, literal_execute=True), sa.literal_column(f"'{CANARY}'")).limit(4711)
        )

    assert "SELECT ? AS anon_1, ? LIMIT ? OFFSET ?" == stage.last()["db.query.text"]
    assert b"4711" not in stage.wire()


@pytest.mark.parametrize(
    "statement",
    [
        sa.select(sa.text(f'"{CANARY}"')),
        sa.select(ORDERS).where(sa.text(f'symbol = "{CANARY}"')),
        sa.select(sa.literal_column(f'"{CANARY}"')),
        sa.select(Trader).from_statement(sa.text(f'SELECT 1 AS id WHERE "{CANARY}" = "{CANARY}"')),
    ],
    ids=["column", "condition", "literal column", "statement"],
)
def test_text_inside_an_expression_is_the_agents_own(stage: Stage, engine: sa.Engine, statement: Any) -> None:
    """A literal in double quotes is one as well when it is a part of what SQLAlchemy has written."""
    with Session(engine) as session:
        session.execute(statement)

    assert 1 == len(stage.spans())
    assert CANARY.encode() not in stage.wire()


def test_durations_are_the_conventions_histogram(stage: Stage, engine: sa.Engine) -> None:
    """One point for each kind of query and outcome, with the bounds of the catalogue and no text in it."""
    with engine.connect() as connection:
        for number in range(5):
            connection.execute(sa.select(ORDERS).where(ORDERS.c.id == number))
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("SELECT a FROM nowhere"))
    points = [
        point
        for point in stage.metrics()["db.client.operation.duration"]
        if point.attributes["db.operation.name"] == "SELECT"
    ]

    assert [(5, "SELECT orders", None), (1, "SELECT nowhere", "sqlite3.OperationalError")] == [
        (point.count, point.attributes["db.query.summary"], point.attributes.get("error.type")) for point in points
    ]
    assert all(catalog.database.DURATION_BOUNDS_S == tuple(point.explicit_bounds) for point in points)
    promised = {attribute.name for attribute in catalog.METRICS["db.client.operation.duration"].attributes}
    assert all(set(point.attributes) <= promised for point in points)
    took_s = sum((span.end_time or 0) - (span.start_time or 0) for span in stage.spans()[:5]) * 1e-9
    assert points[0].sum == pytest.approx(took_s, rel=0.01)


def test_durations_kept_beside_the_sdk_are_the_same() -> None:
    """With a reader of ours nothing goes through the SDK's histograms, and what is exported does not differ."""
    stage = Stage(keeps_durations=True)
    engine = create_engine()
    with engine.connect() as connection:
        for _ in range(300):
            connection.execute(sa.text("SELECT 1"))
    found = stage.metrics()
    stage.close()

    assert 300 == found["db.client.operation.duration"][0].count
    assert 1 == found["db.client.connection.wait_time"][0].count
    assert () == instrument.distributions()


def test_many_threads_lose_no_duration() -> None:
    """Durations that are kept here are counted exactly, whatever threads they come from."""
    stage = Stage(keeps_durations=True)
    engine = create_engine(poolclass=sa.NullPool)

    def work() -> None:
        with engine.connect() as connection:
            for _ in range(500):
                connection.execute(sa.text("SELECT 1"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = stage.figures("db.client.operation.duration")
    stage.close()

    assert [4000] == list(found.values())


def test_spans_are_children_of_the_current_span(stage: Stage, engine: sa.Engine) -> None:
    """Times and parents are right although a span is made when its query has ended."""
    with stage.tracer.start_as_current_span("decide") as parent, engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    query, decide = stage.every_span()

    assert query.parent == parent.get_span_context()
    assert decide.start_time is not None
    assert query.start_time is not None
    assert query.end_time is not None
    assert decide.end_time is not None
    assert decide.start_time <= query.start_time <= query.end_time <= decide.end_time


def test_nothing_is_recorded_below_an_unsampled_parent(stage: Stage, engine: sa.Engine) -> None:
    """A trace that is not sampled gets no orphans, its durations count all the same."""
    unsampled = NonRecordingSpan(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(0)))
    with use_span(unsampled), engine.connect() as connection:
        connection.execute(sa.select(ORDERS))

    assert [] == stage.spans()
    assert 1 == stage.figures("db.client.operation.duration")["orders", ":memory:", "SELECT", "SELECT orders", "sqlite"]


def test_a_remote_parent_is_left_to_the_sampler(stage: Stage, engine: sa.Engine) -> None:
    """Another process's decision is the sampler's business, not ours."""
    remote = NonRecordingSpan(SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1)))
    with use_span(remote), engine.connect() as connection:
        connection.execute(sa.select(ORDERS))

    assert 1 == stage.spans()[0].context.trace_id


def test_suppressed_instrumentation_is_honoured(stage: Stage, engine: sa.Engine) -> None:
    """Where instrumentation is told to keep quiet it does, for queries that fail as well."""
    with suppress_instrumentation(), engine.connect() as connection:
        connection.execute(sa.select(ORDERS))
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("SELECT a FROM nowhere"))

    assert [] == stage.spans()


def test_a_slow_query_tells_where_it_comes_from() -> None:
    """The innermost line of the agent's own code, not of SQLAlchemy or of ours."""
    stage = Stage(slow_s=0)
    with create_engine().connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        line = sys._getframe().f_lineno - 1
    found = stage.last()
    stage.close()

    assert __file__ == found["code.file.path"]
    assert line == found["code.line.number"]
    assert f"{__name__}.test_a_slow_query_tells_where_it_comes_from" == found["code.function.name"]


def test_a_quick_query_does_not_look_for_its_place(stage: Stage, engine: sa.Engine) -> None:
    """Walking up the stack costs time that only slow queries have."""
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))

    assert not any(key.startswith("code.") for key in stage.last())


def repetitions(stage: Stage) -> list[Any]:
    """How often each query had been sent under its parent, where it said so."""
    counts = [(span.attributes or {}).get("agent.db.query.repetitions") for span in stage.spans()]
    return [count for count in counts if count is not None]


@pytest.fixture
def traders(stage: Stage, engine: sa.Engine) -> sa.Engine:
    """Eight traders with a trade each."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Trader(id=number, trades=[Trade(id=number)]) for number in range(1, 9))
        session.commit()
    stage.forget()
    return engine


def test_a_lazy_loading_loop_shows(stage: Stage, traders: sa.Engine) -> None:
    """From the fifth on the same query under one parent is counted, and the fifth tells where the loop is."""
    with stage.tracer.start_as_current_span("decide"), Session(traders) as session:
        for trader in session.scalars(sa.select(Trader)):
            assert trader.trades

    assert [5, 6, 7, 8] == repetitions(stage)
    fifth = next(
        span.attributes or {}
        for span in stage.spans()
        if (span.attributes or {}).get("agent.db.query.repetitions") == 5
    )
    assert ("SELECT trades", __file__) == (fifth["db.query.summary"], fifth["code.file.path"])


def test_eager_loading_shows_nothing(stage: Stage, traders: sa.Engine) -> None:
    """Two queries are no pattern, and neither are queries without a common parent."""
    with stage.tracer.start_as_current_span("decide"), Session(traders) as session:
        for trader in session.scalars(sa.select(Trader).options(selectinload(Trader.trades))):
            assert trader.trades
    for _ in range(10):
        with Session(traders) as session:
            session.scalars(sa.select(Trader)).all()

    assert [] == repetitions(stage)


def test_a_span_that_is_not_yet_becomes_the_parent(stage: Stage, engine: sa.Engine) -> None:
    """A function that is traced because of its module gets its span when a query refers to it."""
    pending = CallSite("decide", {}, min_duration_ns=10**15, tracer=stage.tracer).enter()
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    pending.leave(None)
    query, decide = stage.every_span()

    assert "decide" == decide.name
    assert query.parent is not None
    assert query.parent.span_id == decide.context.span_id


def test_taking_back_goes_on_when_something_refuses() -> None:
    """What cannot be taken out does not keep the rest in place."""
    stage = Stage()
    before = guard.shared.counts().get("instruments.sqlalchemy", 0)

    def refuse() -> None:
        raise RuntimeError("no")

    assert instrument._installed is not None
    instrument._installed.also(refuse)
    instrument.uninstall()
    with create_engine().connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    names = stage.names()
    stage.close()

    assert [] == names
    assert not hasattr(sa.Engine.raw_connection, "__wrapped__")
    assert before + 1 == guard.shared.counts()["instruments.sqlalchemy"]


def test_installing_twice_is_installing_once(stage: Stage, engine: sa.Engine) -> None:
    """No query is seen twice; after taking it back none is seen."""
    assert ["instrumented", "instrumented"] == [instrument.install(), instrument.install(slow_s=0)]
    with engine.connect() as connection:
        connection.execute(sa.select(ORDERS))
        instrument.uninstall()
        instrument.uninstall()
        connection.execute(sa.select(ORDERS))

    assert ["SELECT orders"] == stage.names()


def test_beside_the_official_package_no_query_has_two_spans(stage: Stage) -> None:
    """A query that the official package has a span for gets none from us, whoever came first; durations go on."""
    official = SQLAlchemyInstrumentor()
    official.instrument(skip_dep_check=True, tracer_provider=stage.tracers)
    try:
        engine = create_engine()
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
            with pytest.raises(sa.exc.OperationalError):
                connection.execute(sa.text("SELECT a FROM nowhere"))
        status = instrument.install()
    finally:
        official.uninstrument()
    names = [span.name for span in stage.every_span() if span.kind is SpanKind.CLIENT and span.name != "connect"]

    assert (
        "instrumented; opentelemetry-instrumentation-sqlalchemy is active too and makes the spans of its engines"
        == status
    )
    assert 2 == len(names)
    assert [] == stage.spans()
    assert 2 == sum(stage.figures("db.client.operation.duration").values())


class Queue:
    """Takes spans as the delivery engine's queue does."""

    def __init__(self) -> None:
        self.items: deque[Any] = deque()
        self.limit = 100

    def overflow(self, item: Any) -> None:
        """Not reached here."""
        raise AssertionError


def test_around_a_failing_query_no_span_and_no_log_record_tells_a_value() -> None:
    """Whoever describes the exception on its way, the span around the call or a logger, finds words without values."""
    queue = Queue()
    provider = OurTracerProvider(shutdown_on_exit=False, queue=queue)
    assert "instrumented" == instrument.install(provider, NoOpMeterProvider())
    engine = create_engine()
    METADATA.create_all(engine)

    def order(symbol: str) -> None:
        with engine.begin() as connection:
            connection.execute(ORDERS.insert(), {"symbol": symbol})

    order(CANARY)
    records: list[dict[str, Any]] = []
    with pytest.raises(RuntimeError), provider.get_tracer("tests").start_as_current_span("decide"):
        try:
            order(CANARY)
        except sa.exc.IntegrityError as error:
            record = logging.LogRecord("tests", logging.ERROR, __file__, 1, "failed", None, (type(error), error, None))
            records.append(exception_attributes(record))
            raise RuntimeError("the order failed") from error
    instrument.uninstall()
    dispose()
    decide = queue.items[-1]
    provider.shutdown()
    (event,) = decide.events

    assert "decide" == decide.name
    assert b"canary" not in encode_spans(list(queue.items))
    assert "canary" not in f"{records} {event.attributes}"
    for described in (records[0], event.attributes):
        stack = described["exception.stacktrace"]
        assert "sqlite3.IntegrityError: (sqlite3.IntegrityError SQLITE_CONSTRAINT_UNIQUE)" in stack
        assert "[SQL: INSERT INTO orders (symbol) VALUES (?)]" in stack
        assert "in order" in stack
    assert "RuntimeError: the order failed" in event.attributes["exception.stacktrace"]


def test_a_stack_with_a_failed_query_in_it_shows_no_source_and_no_value() -> None:
    """The literal may stand in the very line that sent it, and the failure may be anywhere in a chain or a group."""
    stage = Stage()
    caught: BaseException | None = None
    try:
        try:
            with create_engine().connect() as connection:
                connection.execute(sa.text("SELECT 'canary' FROM nowhere"))
        except sa.exc.DBAPIError as error:
            error.add_note("a note of the agent's")
            raise ExceptionGroup("several", [error, KeyError("x")])  # noqa: B904 - the context is part of what is shown
    except ExceptionGroup as group:
        caught = group
    stage.close()
    assert caught is not None
    stack = stack_of(caught)

    assert "canary" not in stack
    assert "canary" in "".join(traceback.format_exception(caught))
    line = f'File "{__file__}", line '
    assert 2 <= stack.count(line)
    assert "ExceptionGroup: several (2 sub-exceptions)" in stack
    assert "KeyError: 'x'" in stack
    assert "a note of the agent's" in stack
    assert (
        "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError SQLITE_ERROR) [SQL: SELECT ? FROM nowhere]" in stack
    )


def test_exceptions_that_repeat_an_earlier_failure_are_covered(stage: Stage, engine: sa.Engine) -> None:
    """What was never sent and what SQLAlchemy says after an earlier failure quote values, and are told without them."""
    broken = sa.Table("broken", sa.MetaData(), sa.Column("day", sa.DateTime))
    with engine.connect() as connection, pytest.raises(sa.exc.StatementError) as unsent:
        connection.execute(broken.insert(), {"day": CANARY})
    pending = sa.exc.PendingRollbackError(f"Original exception was: [parameters: ('{CANARY}',)]")
    unmarked = sa.exc.StatementError("message", f"SELECT '{CANARY}'", {}, ValueError(CANARY))

    assert "(builtins.TypeError)" in str(unsent.value)
    assert [
        "(TypeError) [SQL: INSERT INTO broken (day) VALUES (?)]",
        "(after an earlier failure)",
        "(ValueError)",
    ] == [text_of(error) for error in (unsent.value, pending, unmarked)]
    assert CANARY in f"{unsent.value}{pending}{unmarked}"
    instrument.uninstall()
    assert CANARY in text_of(pending)


def test_our_own_tracer_provider_makes_the_same_spans() -> None:
    """With light spans of ours the answer to every question is the SDK's."""
    queue = Queue()
    provider = OurTracerProvider(shutdown_on_exit=False, queue=queue)
    tracer = provider.get_tracer("tests")
    assert "instrumented" == instrument.install(provider, NoOpMeterProvider(), slow_s=0.5)
    engine = create_engine()
    with tracer.start_as_current_span("decide"), engine.connect() as connection:
        METADATA.create_all(connection)
        connection.execute(ORDERS.insert(), [{"symbol": "a"}, {"symbol": CANARY}])
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(ORDERS.insert(), {"symbol": CANARY})
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    instrument.uninstall()
    dispose()
    spans = {span.name: span for span in queue.items}

    assert spans["decide"].context.span_id == spans["BATCH INSERT orders"].parent.span_id
    assert 2 == spans["BATCH INSERT orders"].attributes["db.operation.batch.size"]
    assert "INSERT INTO orders (symbol) VALUES (?)" == spans["INSERT orders"].attributes["db.query.text"]
    assert "sqlite3.IntegrityError" == spans["INSERT orders"].attributes["error.type"]
    assert (StatusCode.ERROR, SpanKind.CLIENT) == (
        spans["INSERT orders"].status.status_code,
        spans["INSERT orders"].kind,
    )
    assert spans["SELECT"].parent is None
    provider.shutdown()


def test_an_unsampled_trace_of_our_own_provider_is_left_out() -> None:
    """Nothing reaches the queue when the sampler says no."""
    provider = OurTracerProvider(ALWAYS_OFF, shutdown_on_exit=False)
    assert "instrumented" == instrument.install(provider, NoOpMeterProvider())
    with provider.get_tracer("tests").start_as_current_span("decide") as parent:
        with create_engine().connect() as connection:
            assert 1 == connection.scalar(sa.text("SELECT 1"))
        assert not parent.is_recording()
    instrument.uninstall()
    dispose()
    provider.shutdown()


def test_our_failure_never_reaches_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in here, queries and connections work as without us."""
    stage = Stage()
    before = guard.shared.counts().get("instruments.sqlalchemy", 0)

    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("broken")

    for name in ("engines.describe", "pools.PoolWatch.count"):
        monkeypatch.setattr(f"otel_agent.instruments.databases.{name}", broken)
    engine = create_engine()
    with engine.connect() as connection:
        assert 1 == connection.scalar(sa.text("SELECT 1"))
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("SELECT a FROM nowhere"))
    assert stage.metrics() is not None
    stage.close()

    assert before + 2 == guard.shared.counts()["instruments.sqlalchemy"]


SCRIPT = """
import sys
from otel_agent.delivery.wire import encode_spans
from otel_agent.instruments.databases import sqlalchemy as instrument
from otel_agent.instruments.automatic.pending_spans import CallSite
from otel_agent.logs.exceptions import exception_attributes
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter = InMemorySpanExporter()
provider = TracerProvider(shutdown_on_exit=False)
provider.add_span_processor(SimpleSpanProcessor(exporter))
print(instrument.install(provider), "sqlalchemy" in sys.modules)
from sqlalchemy import create_engine, text
with create_engine("sqlite://").connect() as connection:
    connection.execute(text("SELECT 1 FROM (SELECT 2)"))
print([span.name for span in exporter.get_finished_spans()], any(type(each).__module__.startswith("otel") for each in sys.meta_path))
instrument.uninstall()
print(any(type(each).__module__.startswith("otel") for each in sys.meta_path))
"""


def test_sqlalchemy_is_watched_from_its_import_on() -> None:
    """Installing imports nothing; the agent's import later is enough."""
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)

    assert ["instrumented False", "['SELECT'] True", "False"] == result.stdout.splitlines()


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [(None, "needs sqlalchemy>=2.0, which is not installed"), ("1.4.54", "needs sqlalchemy>=2.0, found 1.4.54")],
)
def test_what_does_not_fit_is_said(tmp_path: Path, metadata: str | None, reason: str) -> None:
    """Without SQLAlchemy, or with one that is too old, the reason is the status and nothing is touched."""
    hide = "import sys; sys.modules.pop('sqlalchemy', None); import importlib.util as u; real = u.find_spec;"
    hide += "u.find_spec = lambda name, *a: None if name == 'sqlalchemy' else real(name, *a);"
    if metadata:
        hide = f"import sys, types; m = types.ModuleType('sqlalchemy'); m.__version__ = {metadata!r}; sys.modules['sqlalchemy'] = m;"
    code = f"{hide} from otel_agent.instruments.databases.sqlalchemy import install; print(install())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert reason == result.stdout.strip()
