"""The composition in docker/ is whole: every file it names is there, every part of it is what its program understands."""

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from otel_agent.cli import main
from otel_agent.config.sections.metrics import MetricsSettings

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DASHBOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((DOCKER / "grafana" / "dashboards").glob("*.json"))
}


def mounts() -> list[tuple[str, str, str]]:
    """Service, source and target of every mount."""
    return [
        (name, *volume.split(":")[:2]) for name, service in SERVICES.items() for volume in service.get("volumes", [])
    ]


def program(*names: str) -> str:
    """A program in build/ or on the path."""
    found = next(
        filter(None, (shutil.which(name, path=str(ROOT / "build")) or shutil.which(name) for name in names)), None
    )
    assert found is not None, f"needs {names[0]}: python collector/tools.py"
    return found


def checked(*command: str | Path) -> None:
    """A program's own check of a file passes."""
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=60)

    assert 0 == result.returncode, result.stdout + result.stderr


def script(path: Path) -> ModuleType:
    """A script of the repository, imported."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_composition_is_what_the_design_names() -> None:
    """Collector, Jaeger, Prometheus, VictoriaLogs, Grafana, Alertmanager and the demo."""
    assert {"collector", "jaeger", "prometheus", "victorialogs", "grafana", "alertmanager", "demo"} == set(SERVICES)


def test_every_mounted_file_is_there() -> None:
    """What is mounted from the repository exists; what is not, is a volume that is declared."""
    strangers = [
        (name, source)
        for name, source, _ in mounts()
        if not ((DOCKER / source).exists() if source.startswith(".") else source in COMPOSE["volumes"])
    ]

    assert [] == strangers


def test_every_configuration_a_program_is_started_with_is_mounted() -> None:
    """Each path in a command lies under one of its service's mounts."""
    strangers = []
    for name, service in SERVICES.items():
        targets = [target for owner, _, target in mounts() if owner == name]
        for word in service.get("command", []):
            path = word.partition("=")[2]
            if path.startswith("/") and not any(path == target or path.startswith(f"{target}/") for target in targets):
                strangers.append((name, path))

    assert [] == strangers


def test_the_collector_s_parts_are_there() -> None:
    """Each configuration the collector is started with exists in the repository."""
    words = SERVICES["collector"]["command"]
    files = [word.removeprefix("--config=/etc/otelcol/") for word in words]

    assert ["base.yaml", "backends/jaeger.yaml", "backends/prometheus.yaml", "backends/victorialogs.yaml"] == files
    assert all((ROOT / "collector" / "config" / name).is_file() for name in files)


@pytest.mark.parametrize("name", ["collector", "demo"])
def test_images_of_our_own_are_made_of_what_exists(name: str) -> None:
    """Each file a Dockerfile copies is in the repository, nothing else is sent to be copied, and each base has its digest."""
    text = (DOCKER / name / "Dockerfile").read_text()
    lines = [line for line in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE) if "--from" not in line]
    copied = {word for line in lines for word in line.split()}
    ignored = (DOCKER / name / "Dockerfile.dockerignore").read_text()

    assert copied
    assert all((ROOT / word).exists() for word in copied)
    assert sorted(copied) == sorted(re.findall(r"^!(.*)$", ignored, re.MULTILINE))
    assert [] == [line for line in text.splitlines() if line.startswith("FROM ") and "@sha256:" not in line]
    assert re.search(r"^USER [1-9]\d+:\d+$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text


def test_nobody_is_root_and_everybody_is_asked_how_it_is() -> None:
    """Each service has a user of its own and a health check; Grafana has no administrator and no form to log in."""
    roots = [
        name
        for name, one in SERVICES.items()
        if one.get("user", "").startswith("0") or not ("user" in one or "build" in one)
    ]
    grafana = SERVICES["grafana"]["environment"]

    assert [] == roots
    assert [] == [name for name, one in SERVICES.items() if not one.get("healthcheck", {}).get("test")]
    assert ("true", "true") == (
        grafana["GF_AUTH_DISABLE_LOGIN_FORM"],
        grafana["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"],
    )


def test_images_are_pinned_and_containers_confined() -> None:
    """Every foreign image has a digest; every container is read-only, without capabilities, bounded in memory, on loopback."""
    for name, service in SERVICES.items():
        assert "build" in service or re.fullmatch(r"\S+:\S+@sha256:[0-9a-f]{64}", service["image"]), name
        assert service["read_only"], name
        assert ["ALL"] == service["cap_drop"], name
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert all(port.startswith("${OTEL_AGENT_PUBLISH:-127.0.0.1}:") for port in service.get("ports", [])), name


def test_variables_of_the_collector_are_ones_it_reads() -> None:
    """No setting of the collector's environment is a word nobody reads."""
    text = "".join(path.read_text() for path in (ROOT / "collector" / "config").rglob("*.yaml"))
    unread = [
        name for name in SERVICES["collector"]["environment"] if name != "GOMEMLIMIT" and f"env:{name}" not in text
    ]

    assert [] == unread


def test_dashboards_are_what_their_tables_say() -> None:
    """The JSON and the interval of the data source are made from the tables: python docker/grafana/boards.py."""
    boards = script(DOCKER / "grafana" / "boards.py")
    written = {path.stem: path.read_text() for path in (DOCKER / "grafana" / "dashboards").glob("*.json")}
    sources = boards.SOURCES.read_text()

    assert {name: boards.render(one) for name, one in boards.DASHBOARDS.items()} == written
    assert boards.with_interval(sources) == sources


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_have_ids_and_places_of_their_own(name: str) -> None:
    """No two panels share an id or a cell, and none leaves the grid."""
    cells: list[tuple[int, int]] = []
    panels = DASHBOARDS[name]["panels"]
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells += [(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])]

    assert len(cells) == len(set(cells))
    assert len(panels) == len({panel["id"] for panel in panels})


@pytest.mark.parametrize("name", DASHBOARDS)
def test_data_sources_of_dashboards_are_provisioned(name: str) -> None:
    """What a dashboard asks is a source that is set up, and its default is that source."""
    sources = yaml.safe_load((DOCKER / "grafana" / "provisioning" / "datasources" / "otel-agent.yaml").read_text())
    known = {source["uid"]: source["type"] for source in sources["datasources"]}
    variables = {one["name"]: one for one in DASHBOARDS[name]["templating"]["list"]}
    asked = {
        (target["datasource"]["uid"].strip("${}"), target["datasource"]["type"])
        for panel in DASHBOARDS[name]["panels"]
        for target in panel.get("targets", [])
    }

    assert asked
    assert asked == {(source, known[variables[source]["current"]["value"]]) for source, _ in asked}
    assert {f"http://{one}" for one in SERVICES} >= {
        source["url"].rpartition(":")[0] for source in sources["datasources"]
    }
    assert "trace_id" == sources["datasources"][0]["jsonData"]["exemplarTraceIdDestinations"][0]["name"]


def test_windows_of_rates_hold_more_than_two_points_of_an_agent() -> None:
    """Grafana's window, four times the interval of its source, is four times the interval agents send at."""
    sources = yaml.safe_load((DOCKER / "grafana" / "provisioning" / "datasources" / "otel-agent.yaml").read_text())

    assert f"{MetricsSettings().interval_s:g}s" == sources["datasources"][0]["jsonData"]["timeInterval"]


def test_dashboards_are_where_grafana_looks() -> None:
    """The folder that provisioning names is where the dashboards are mounted."""
    provider = yaml.safe_load((DOCKER / "grafana" / "provisioning" / "dashboards" / "otel-agent.yaml").read_text())[
        "providers"
    ][0]
    targets = {target: source for name, source, target in mounts() if name == "grafana"}

    assert "./grafana/dashboards" == targets[provider["options"]["path"]]
    assert SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].startswith(
        provider["options"]["path"]
    )


RULES = {
    path.stem: path
    for path in (ROOT / "otel_agent" / "alerts" / "defaults.yml", *(DOCKER / "prometheus" / "rules").glob("*.yml"))
}
TESTS = {"defaults": "agents"} | {name: name for name in RULES if name != "defaults"}
"""Name of the promtool tests of each rule file."""


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_test(name: str) -> None:
    """Each alert and each recording rule occurs in the tests of its file, once for each signal it is told apart by."""
    rules = [rule for group in yaml.safe_load(RULES[name].read_text())["groups"] for rule in group["rules"]]
    tests = (DOCKER / "prometheus" / "tests" / f"{TESTS[name]}.yml").read_text()
    wanted = [
        f'alertname="{rule["alert"]}", alertstate="firing"'
        + (f', signal="{rule["labels"]["signal"]}"' if "signal" in rule["labels"] else "")
        if "alert" in rule
        else f"expr: {rule['record']}"
        for rule in rules
    ]

    assert [] == [one for one in wanted if one not in tests]


@pytest.mark.parametrize("name", RULES)
def test_windows_of_rules_hold_two_points_of_an_agent(name: str) -> None:
    """No window of a shipped rule is shorter than twice the interval agents send at."""
    windows = re.findall(r"\[(\d+)([smh])[\]:]", RULES[name].read_text())
    seconds = [int(number) * {"s": 1, "m": 60, "h": 3600}[unit] for number, unit in windows]

    assert [] == [window for window in seconds if window < 2 * MetricsSettings().interval_s]


@pytest.mark.parametrize("name", RULES)
def test_rules_do_in_the_agent_what_their_tests_say(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The agent's own engine comes to what promtool's tests expect."""
    status = main(["rules", "test", str(DOCKER / "prometheus" / "tests" / f"{TESTS[name]}.yml")])

    assert 0 == status, capsys.readouterr().out


@pytest.mark.e2e
@pytest.mark.parametrize("name", RULES)
def test_rules_do_in_prometheus_what_their_tests_say(name: str) -> None:
    """Every alert fires and every recording rule records, with a point a minute, in Prometheus's own judgement."""
    checked(program("promtool"), "test", "rules", DOCKER / "prometheus" / "tests" / f"{TESTS[name]}.yml")


@pytest.mark.e2e
def test_prometheus_takes_its_configuration_and_rules(tmp_path: Path) -> None:
    """Nothing is wrong to promtool with the configuration beside the rules that are mounted."""
    (tmp_path / "rules").mkdir()
    shutil.copy(DOCKER / "prometheus" / "prometheus.yml", tmp_path)
    mounted = [source for name, source, target in mounts() if name == "prometheus" and "/rules/" in target]
    for source in mounted:
        shutil.copy(DOCKER / source, tmp_path / "rules")

    assert len(RULES) == len(mounted)
    checked(program("promtool"), "check", "config", tmp_path / "prometheus.yml")


@pytest.mark.e2e
def test_alertmanager_takes_its_configuration() -> None:
    """Nothing is wrong with the configuration to amtool."""
    checked(program("amtool"), "check-config", DOCKER / "alertmanager" / "alertmanager.yml")


@pytest.mark.e2e
def test_jaeger_takes_its_configuration() -> None:
    """Jaeger's own validation finds nothing wrong with the configuration."""
    checked(program("jaeger"), "validate", "--config", DOCKER / "jaeger" / "jaeger.yaml")
