"""The fixture `recorded_telemetry`, as a user's tests have it."""

import sys

import pytest
from opentelemetry import metrics, trace

import otel_agent
from otel_agent.testing import Recorded

pytest_plugins = ["pytester"]

tracer = trace.get_tracer("taken.before")
counter = metrics.get_meter("taken.before").create_counter("app.voyages")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_test_sees_its_own(recorded_telemetry: Recorded, number: int) -> None:
    """Also from a tracer and a counter that were taken when the module was imported."""
    with tracer.start_as_current_span(f"work-{number}", attributes={"password": "tulip-and-rose"}):
        counter.add(number)
    (span,) = recorded_telemetry.spans

    assert (f"work-{number}", 1) == (span["name"], span["number"])
    assert "tulip" not in str(span)
    assert [({}, number)] == recorded_telemetry.metrics["app.voyages"]


def test_what_the_agent_calls_init_is_what_records(recorded_telemetry: Recorded) -> None:
    """The agent under test starts telemetry as it always does, and the test sees it."""
    telemetry = otel_agent.init("trader", endpoint="http://127.0.0.1:9")
    with otel_agent.span("trade"):
        pass

    assert telemetry is recorded_telemetry.telemetry
    assert ["trade"] == [span["name"] for span in recorded_telemetry.spans]


def test_pytest_does_not_warn_of_us(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """It rewrites the packages of its plugins; ours is there before it under `otel-agent run`, and warnings may be errors."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    monkeypatch.setenv("OTEL_AGENT_SPOOL__ENABLED", "false")
    pytester.makepyfile("def test_anything(): pass")
    ran = pytester.run(
        sys.executable,
        "-m",
        "otel_agent",
        "run",
        "--export",
        "none",
        "--",
        sys.executable,
        "-m",
        "pytest",
        "-W",
        "error",
    )

    assert 0 == ran.ret
    ran.assert_outcomes(passed=1)


def test_pytest_finds_the_fixture_and_loads_no_sdk(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that does not ask for it does not pay for it."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    pytester.makepyfile("""
        import sys

        def test_quiet():
            assert "opentelemetry.sdk" not in sys.modules

        def test_seen(recorded_telemetry):
            import otel_agent
            with otel_agent.span("work"):
                pass
            assert ["work"] == [span["name"] for span in recorded_telemetry.spans]
    """)
    ended = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")

    ended.assert_outcomes(passed=2)
