"""The collector's manifest, its pins and its configuration agree with each other."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from otel_agent.processors.spans import BOUNDS_S

COLLECTOR = Path(__file__).parents[2] / "collector"
MANIFEST: dict[str, Any] = yaml.safe_load((COLLECTOR / "builder.yaml").read_text())
OWN = "github.com/otel-agent/"
SECTIONS = ("receivers", "processors", "connectors", "exporters", "extensions")


def manifest_modules() -> dict[str, str]:
    """Version by module, as the manifest has them."""
    lines = [entry["gomod"] for section in (*SECTIONS, "providers") for entry in MANIFEST[section]]
    return dict(line.split() for line in [*lines, MANIFEST["telemetry"]["gomod"]])


def pinned_modules(name: str) -> dict[str, str]:
    """Version by module, as a go.mod has them."""
    text = (COLLECTOR / name / "go.mod").read_text()
    return dict(re.findall(r"^(?:require)?\s+(\S+/\S+) (v\S+)", text, re.MULTILINE))


def parts() -> dict[str, dict[str, Any]]:
    """Every part of the configuration, by its path."""
    return {
        path.relative_to(COLLECTOR).as_posix(): yaml.safe_load(path.read_text())
        for path in sorted((COLLECTOR / "config").rglob("*.yaml"))
    }


def test_the_manifest_s_versions_are_those_that_are_pinned() -> None:
    """Each module of builder.yaml stands in go.mod with the same version."""
    pinned = pinned_modules("otelcol-agent")

    foreign = {module: version for module, version in manifest_modules().items() if not module.startswith(OWN)}

    assert foreign == {module: pinned.get(module) for module in foreign}


def test_backends_are_what_their_table_says() -> None:
    """The files are written from the table: python collector/backends.py."""
    result = subprocess.run(
        [sys.executable, str(COLLECTOR / "backends.py"), "--check"], capture_output=True, text=True, check=False
    )

    assert (0, "") == (result.returncode, result.stdout)


def test_versions_that_are_tested_are_versions_that_are_shipped() -> None:
    """A program of the composition is the one the tests run, or the difference and its reason stand here."""
    services = yaml.safe_load((COLLECTOR.parent / "docker" / "compose.yaml").read_text())["services"]
    shipped = {name: one["image"].partition("@")[0].rpartition(":")[2].removeprefix("v") for name, one in services.items() if "image" in one}  # fmt: skip
    modules = {"prometheus": "github.com/prometheus/prometheus", "jaeger": "github.com/jaegertracing/jaeger", "victorialogs": "github.com/VictoriaMetrics/VictoriaLogs"}  # fmt: skip
    tested = {name: pinned_modules(name)[module].removeprefix("v") for name, module in modules.items()}
    sources = yaml.safe_load((COLLECTOR.parent / "docker/grafana/provisioning/datasources/otel-agent.yaml").read_text())
    (prometheus,) = (one for one in sources["datasources"] if one["type"] == "prometheus")
    npm = json.loads((COLLECTOR.parent / "tests" / "grafana" / "package.json").read_text())["dependencies"]

    # Prometheus 3.16.0, v0.316.0 as a module, is whose answers the agent's own are; the last image with a known digest is 3.15.0's.
    assert ("0.316.0", "3.15.0") == (tested["prometheus"], shipped["prometheus"])
    assert shipped["prometheus"] == prometheus["jsonData"]["prometheusVersion"]
    # Each part of Grafana that judges dashboards is of the Grafana that shows them.
    assert {shipped["grafana"]} == {version for name, version in npm.items() if name.startswith("@grafana/")}
    # The first 1.52 there is as a module is 1.52.1; the last image with a known digest is 1.52.0's.
    assert ("1.52.1", "1.52.0") == (tested["victorialogs"], shipped["victorialogs"])
    # Jaeger 2.13.0 is the last that has a version Go can see, 1.76.0; it has the interfaces of 2.20, old and new.
    assert ("1.76.0", "2.20.0") == (tested["jaeger"], shipped["jaeger"])


def test_every_program_is_pinned_by_checksum() -> None:
    """Each module that a go.mod names has its checksum in the go.sum beside it."""
    bare = [
        (name, module, version)
        for name in ("otelcol-agent", "jaeger", "prometheus", "victorialogs", "kafka")
        for module, version in pinned_modules(name).items()
        if f"{module} {version}/go.mod h1:" not in (COLLECTOR / name / "go.sum").read_text()
    ]

    assert [] == bare


def test_every_part_names_components_the_manifest_has() -> None:
    """No part uses a component that the lean collector was built without."""
    known = {
        section: {
            re.sub(rf"({section.removesuffix('s')})$", "", entry["gomod"].split()[0].rsplit("/", 1)[1])
            for entry in MANIFEST[section]
        }
        for section in SECTIONS
    }
    spelled = {"otlp_grpc": "otlp", "health_check": "healthcheck", "file_storage": "filestorage"}
    unknown = [
        (path, component)
        for path, content in parts().items()
        for section in SECTIONS
        for component in content.get(section, {})
        if (kind := component.partition("/")[0]) and spelled.get(kind, kind.replace("_", "")) not in known[section]
    ]

    assert [] == unknown


def test_queues_are_kept_on_disk() -> None:
    """Every exporter that sends over a network gives up nothing: its queue is on disk and its tries have no end."""
    careless = [
        (path, name)
        for path, content in parts().items()
        for name, exporter in content.get("exporters", {}).items()
        if name.startswith(("otlp_", "kafka", "zipkin", "load_balancing"))
        and not (
            "file_storage" == exporter["sending_queue"]["storage"]
            and "0s" == exporter["retry_on_failure"]["max_elapsed_time"]
        )
    ]

    assert [] == careless


def test_no_part_listens_beyond_loopback_unless_told() -> None:
    """Wherever a part listens, the address is OTELCOL_BIND, loopback by default."""
    text = "".join(path.read_text() for path in (COLLECTOR / "config").rglob("*.yaml"))

    assert "0.0.0.0" not in text
    assert {"127.0.0.1"} == set(re.findall(r"\$\{env:OTELCOL_BIND:-([^}]+)\}", text))


def test_spans_are_timed_in_the_agents_own_buckets() -> None:
    """Bounds of the collector's span metrics are those of the agents' judgement, so that one rule gives one result."""
    buckets = parts()["config/base.yaml"]["connectors"]["span_metrics"]["histogram"]["explicit"]["buckets"]
    seconds = [
        float(text.removesuffix("ms")) / 1000 if text.endswith("ms") else float(text.removesuffix("s"))
        for text in buckets
    ]

    assert list(BOUNDS_S) == seconds
