"""Installing watches every engine, once; taking it back leaves nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import ORDERS, Stage, create_engine
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.trace import SpanKind

from otel_agent import guard
from otel_agent.instruments.databases import sqlalchemy as instrument


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
from otel_agent.logs.messages import exception_attributes
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
