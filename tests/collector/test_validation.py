"""The real collector takes every composition of its parts, without a word about old names."""

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from real_programs import free_ports, started
from real_servers import Collector

from otel_agent.cli.collector.composition import compose, find, parts, read_base, render

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
BACKENDS = list(parts("backend"))
OPTIONS = list(parts("option"))


@pytest.fixture(scope="module")
def collector() -> str:
    """The program, from build/."""
    program = shutil.which("otelcol-agent", path=str(ROOT / "build"))
    assert program is not None, "needs build/otelcol-agent: make collector"
    return program


def environment(folder: Path) -> dict[str, str]:
    """Every variable that has to be set, set to something harmless."""
    needed = {
        variable.name: "https://127.0.0.1:1" if variable.name.endswith(("ENDPOINT", "URL")) else "x"
        for kind in (parts("backend"), parts("option"))
        for part in kind.values()
        for variable in part.variables
        if variable.default is None
    }
    return {**os.environ, **needed, "OTELCOL_STATE_DIRECTORY": str(folder / "state")}


def validate(program: str, configuration: str, folder: Path) -> str:
    """What the collector says against a configuration."""
    path = folder / "configuration.yaml"
    path.write_text(configuration)
    result = subprocess.run(
        [program, "validate", "--config", str(path)],
        env=environment(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return (result.stdout + result.stderr).strip() or ("" if result.returncode == 0 else f"status {result.returncode}")


@pytest.mark.parametrize("backend", [None, *BACKENDS])
def test_each_backend_is_taken(collector: str, tmp_path: Path, backend: str | None) -> None:
    """The base alone, and with each backend, makes a configuration the collector accepts."""
    chosen = [read_base(), *([parts("backend")[backend]] if backend else [])]

    assert "" == validate(collector, render(chosen, "test"), tmp_path)


@pytest.mark.parametrize("seed", range(60))
def test_any_combination_is_taken(collector: str, tmp_path: Path, seed: int) -> None:
    """Whatever options and backends are named together, for contrib too, make a configuration the collector accepts."""
    choice = random.Random(seed)
    is_contrib = seed % 3 == 0
    options = choice.sample(OPTIONS, choice.randint(0, 3))
    backends = choice.sample(BACKENDS, choice.randint(1, 6))
    chosen = [read_base(), *find("option", options), *find("backend", backends)]

    assert "" == validate(collector, render(chosen, "test", contrib=is_contrib), tmp_path), (options, backends)


def test_everything_is_taken_together(collector: str, tmp_path: Path) -> None:
    """All options and all backends at once make a configuration the collector accepts."""
    chosen = [read_base(), *parts("option").values(), *parts("backend").values()]

    assert "" == validate(collector, render(chosen, "test"), tmp_path)


def test_what_we_compose_is_what_the_collector_composes(collector: str, tmp_path: Path) -> None:
    """The collector's own merge of the same files, resolved and printed, equals its print of ours."""
    files = [
        ROOT / "collector" / "config" / name
        for name in ("base.yaml", "backends/jaeger.yaml", "backends/prometheus.yaml", "options/tail-sampling.yaml")
    ]
    ours = tmp_path / "ours.yaml"
    ours.write_text(
        yaml.safe_dump(
            compose(
                [
                    read_base(),
                    parts("backend")["jaeger"],
                    parts("backend")["prometheus"],
                    parts("option")["tail-sampling"],
                ]
            )
        )
    )
    prints = [
        subprocess.run(
            [collector, "print-config", *(f"--config={path}" for path in paths)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            cwd=tmp_path,
        ).stdout
        for paths in (files, [ours])
    ]

    assert yaml.safe_load(prints[0]) == yaml.safe_load(prints[1])


def test_everything_runs_together_under_its_present_name(tmp_path: Path) -> None:
    """With all options and backends the collector starts, and says nothing of names or settings that will go."""
    (scrape,) = free_ports(1)
    environ = environment(tmp_path) | {"OTELCOL_SCRAPE_PORT": str(scrape)}
    del environ["OTELCOL_STATE_DIRECTORY"]
    server = Collector(tmp_path / "collector", *BACKENDS, options=OPTIONS, environ=environ)
    with started(server):
        pass
    text = server.log.read_text()

    assert "Everything is ready" in text
    assert [] == [line for line in text.splitlines() if "deprecated" in line or "legacy inline" in line]


def test_the_page_about_backends_of_one_s_own_is_right(collector: str, tmp_path: Path) -> None:
    """The backend that the documentation writes is taken beside the base."""
    page = (ROOT / "docs" / "how-to" / "collector.md").read_text()
    (tmp_path / "mine.yaml").write_text(page.partition('```yaml title="mine.yaml"\n')[2].partition("```")[0])
    (tmp_path / "collector.yaml").write_text(render([read_base()], "test"))
    result = subprocess.run(
        [collector, "validate", "--config=collector.yaml", "--config=mine.yaml"],
        env={**os.environ, "MINE_ENDPOINT": "https://127.0.0.1:1", "MINE_KEY": "x"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert 0 == result.returncode, result.stderr


def test_a_wrong_setting_is_refused(collector: str, tmp_path: Path) -> None:
    """Validation is not a formality: an unknown key is named."""
    said = validate(collector, render([read_base()], "test").replace("check_interval", "chek_interval"), tmp_path)

    assert "chek_interval" in said
