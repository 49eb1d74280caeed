"""`opentelemetry-instrument` loads this package by its entry points."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from agent_process import environment
from otlp_server import OtlpServer

AGENT = """
from opentelemetry import trace
with trace.get_tracer("agent").start_as_current_span("work"):
    pass
print(type(trace.get_tracer_provider()).__module__)
"""


def instrumented(home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run an agent under OpenTelemetry's own command."""
    (home / "agent.py").write_text(AGENT)
    return subprocess.run(
        [str(Path(sys.executable).with_name("opentelemetry-instrument")), sys.executable, "agent.py"],
        cwd=home,
        env=environment(home, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_opentelemetry_instrument_is_our_one_call(tmp_path: Path) -> None:
    """As the only distribution installed, this package is what the command sets up."""
    with OtlpServer() as server:
        ended = instrumented(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

        assert (0, "otel_agent.recording.provider") == (ended.returncode, ended.stdout.strip())
        assert "otel_agent" not in ended.stderr
        assert ["work"] == [name for _, _, name in server.spans]


def test_nothing_is_attached_to_others_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed beside another distribution, this package does nothing of its own accord."""
    import otel_agent
    from otel_agent import distro

    called: list[object] = []
    monkeypatch.setattr(otel_agent, "init", lambda **arguments: called.append(arguments))
    monkeypatch.delenv("OTEL_AGENT_ATTACH", raising=False)
    distro.attach()
    monkeypatch.setenv("OTEL_AGENT_ATTACH", "true")
    distro.attach()

    assert [{"instrument": False}] == called


@pytest.mark.parametrize(
    "group", ["opentelemetry_distro", "opentelemetry_configurator", "opentelemetry_post_instrument"]
)
def test_entry_points_can_be_loaded(group: str) -> None:
    """What pyproject.toml promises to other distributions exists."""
    ours = [point for point in entry_points(group=group) if point.value.startswith("otel_agent.")]

    assert ["otel_agent"] == [point.name for point in ours]
    assert callable(ours[0].load())
