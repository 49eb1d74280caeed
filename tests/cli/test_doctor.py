"""`otel-agent doctor` says whether telemetry will arrive."""

import json
from pathlib import Path

import pytest
from command_line import otel_agent
from otlp_server import OtlpServer


def test_doctor_is_content_when_everything_is_in_place(tmp_path: Path) -> None:
    """A receiver that answers, a disk that can be written to: status 0, and every line says so."""
    with OtlpServer() as server:
        ended = otel_agent("doctor", "--endpoint", server.endpoint, "--json", home=tmp_path)
    verdicts = {finding["subject"]: finding["verdict"] for finding in json.loads(ended.stdout)}

    assert 0 == ended.returncode
    assert {"traces": "ok", "metrics": "ok", "logs": "ok", "spool": "ok"}.items() <= verdicts.items()


def test_doctor_names_a_package_that_is_too_old(tmp_path: Path) -> None:
    """What the package requires is compared with what is installed; the line says what to install."""
    place = tmp_path / "elsewhere" / "opentelemetry_sdk-1.11.0.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: opentelemetry-sdk\nVersion: 1.11.0\n")
    ended = otel_agent("doctor", home=tmp_path, PYTHONPATH=str(place.parent))

    assert 1 == ended.returncode
    assert "opentelemetry-sdk 1.11.0 does not fit" in ended.stdout
    assert "pip install 'opentelemetry-sdk>=" in ended.stdout


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_TRACES_SAMPLER": "always_off"},
        {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
        {"OTEL_AGENT_SAMPLING__RATIO": "0"},
    ],
)
def test_doctor_says_that_nothing_is_sampled(variables: dict[str, str], tmp_path: Path) -> None:
    """A set-up that sends no span at all is said, with the variable that makes it so."""
    ended = otel_agent("doctor", home=tmp_path, **variables)

    assert "no trace is sampled, so no span is sent" in ended.stdout
    assert next(iter(variables)) in ended.stdout


@pytest.mark.parametrize(("mode", "word"), [("404", "404"), ("html", "html"), ("401", "401")])
def test_doctor_says_what_is_wrong_with_a_receiver(mode: str, word: str, tmp_path: Path) -> None:
    """A wrong path, a captive portal, a missing token: status 1, and the line names it."""
    with OtlpServer(mode=mode) as server:
        ended = otel_agent("doctor", "--endpoint", server.endpoint, home=tmp_path)

    assert 1 == ended.returncode
    assert word in ended.stdout.lower()


def test_doctor_says_what_is_not_sent_and_not_kept(tmp_path: Path) -> None:
    """Telemetry that goes nowhere, a spool that is off and libraries that are off are warnings, no problems."""
    (tmp_path / "otel-agent.yaml").write_text(
        "service: {name: t}\nexport: {to: none}\nspool: {enabled: false}\ninstrument: {libraries: false}\n"
    )
    ended = otel_agent("doctor", "--json", home=tmp_path)
    warnings = {each["subject"]: each["message"] for each in json.loads(ended.stdout) if each["verdict"] == "warning"}

    assert 0 == ended.returncode
    assert "nothing is sent over OTLP; telemetry goes to nowhere" == warnings["receiver"]
    assert warnings["spool"].startswith("disabled: telemetry that cannot be sent in time is lost")
    assert "none are instrumented (otel-agent.yaml:4)" == warnings["libraries"]


def test_doctor_names_a_disk_that_is_not_writable(tmp_path: Path) -> None:
    """A spool that cannot be created is a problem, and the setting that helps is named."""
    (tmp_path / "file").write_text("")
    (tmp_path / "otel-agent.yaml").write_text(
        f"service: {{name: t}}\nexport: {{to: none}}\nspool: {{directory: {tmp_path}/file/spool}}\n"
    )
    ended = otel_agent("doctor", home=tmp_path)

    assert 1 == ended.returncode
    assert (
        f"{tmp_path}/file/spool cannot be created: {tmp_path}/file is not writable; set spool.directory" in ended.stdout
    )
