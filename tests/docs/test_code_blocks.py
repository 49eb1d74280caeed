"""Every code block of the documentation does what it says, and shows what it shows."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from documentation import COLLECTOR, PAGES, ROOT, blocks, commands, follow, run
from otlp_server import OtlpServer

LANGUAGES = {"python", "bash", "yaml", "text", "json", "dockerfile", "toml", "ini"}
NEEDED = {
    "gevent-and-trio.md": ("gevent", "trio"),
    "fastapi.md": ("fastapi", "httpx", "opentelemetry.instrumentation.fastapi"),
    "flask.md": ("flask", "opentelemetry.instrumentation.flask"),
    "django.md": ("django", "opentelemetry.instrumentation.django"),
    "celery.md": ("celery", "opentelemetry.instrumentation.celery"),
}
"""By page: packages that its reader has, and that are not everywhere."""
OTHERS = {"OTEL_AGENT_CHAOS_S", "OTEL_AGENT_CHAOS_SEED", "OTEL_AGENT_PUBLISH"}
"""Variables of the chaos runs and of `docker/compose.yaml`, which are no settings."""
NOT_RUN = {
    "make": "the package's own tools",
    "git": "a clone is there already",
    "cd": "as above",
    "pip": "an index",
    "python3": "a virtual environment; the test has one",
    ".": "as above",
    "docker": "a daemon",
    "kubectl": "a cluster",
    "systemctl": "a machine with systemd",
    "sudo": "as above",
    "jupyter": "a browser",
    **dict.fromkeys(
        ("gunicorn", "uvicorn", "celery", "flask", "otelcol-agent"), "a server that runs until it is stopped"
    ),
    "JAEGER_ENDPOINT": "a collector",
}
"""Programs in `bash` blocks that are looked at instead of run, and what they need."""
IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_python_can_be_read(page: Path) -> None:
    """Also where what a block needs is not installed."""
    for block in blocks(page):
        if block.language == "python":
            compile(block.code, page.name, "exec")


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_variables_exist(page: Path) -> None:
    """Every variable of this package that a page names is one."""
    known = set(re.findall(r"OTEL_AGENT_\w+", (ROOT / "docs/reference/environment.md").read_text()))
    named = set(re.findall(r"OTEL_AGENT_[A-Z0-9_]*[A-Z0-9]\b", page.read_text()))

    assert set() == named - known - OTHERS


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_languages_are_known(page: Path) -> None:
    """A block is either executed or plainly not code."""
    unknown = {block.language for block in blocks(page)} - LANGUAGES

    assert set() == unknown


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_can_be_pasted(page: Path) -> None:
    """Nothing stands in a shell's block that is no command: no prompt, no output, no remark after the command."""
    lines = [line for block in blocks(page) if block.language == "bash" for line in block.code.splitlines()]

    assert [] == [line for line in lines if re.match(r"[$#>%] |… ?$", line) or re.search(r"\s# ", line)]


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_what_is_not_run_exists(page: Path) -> None:
    """Targets of make, extras of the package and files that Docker is given are there."""
    text = "".join(block.code for block in blocks(page) if block.language == "bash")
    makefile, project = (ROOT / "Makefile").read_text(), tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    extras = {extra for group in re.findall(r"otel-agent\[([\w,]+)\]", text) for extra in group.split(",")}
    files = re.findall(r"docker compose -f (\S+)|docker build (?:\S+ )*-f (\S+)", text)

    assert set() == set(re.findall(r"^make ([a-z][\w-]*)", text, re.MULTILINE)) - targets
    assert set() == extras - set(project["optional-dependencies"])
    assert [] == [name for names in files for name in names if name and not (ROOT / name).exists()]


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_settings_can_be_read(page: Path) -> None:
    """YAML, JSON and TOML are valid."""
    for block in blocks(page):
        if block.language == "yaml":
            assert [] != list(yaml.safe_load_all(block.code))
        elif block.language == "json":
            assert json.loads(block.code) is not None
        elif block.language == "toml":
            assert {} != tomllib.loads(block.code)


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.needs(*NEEDED[page.name]) if page.name in NEEDED else ()) for page in PAGES],
    ids=IDS,
)
def test_a_page_can_be_followed(page: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In an empty folder, in page order, everything ends well and shows what the page shows; what is sent arrives."""
    folder = tmp_path_factory.mktemp("page") / "trader"  # short, because names of sockets are
    folder.mkdir()
    with OtlpServer() as server:
        problems = [shown.missing() for shown in follow(page, folder, f"127.0.0.1:{server.port}", list(NOT_RUN))]
        signals = {request.signal for request in server.requests}
    sends = [
        block.code for block in blocks(page) if block.language == "bash" and not set(commands(block)) & set(NOT_RUN)
    ]

    assert "" == "\n".join(filter(None, problems))
    assert signals or not any(f"ENDPOINT=http://{COLLECTOR} python" in code for code in sends)


def test_the_first_program_of_the_readme_sends_when_it_is_told_where(tmp_path: Path) -> None:
    """The program as it stands there, with the endpoint in its environment: its spans arrive."""
    program = next(block.code for block in blocks(ROOT / "README.md") if block.language == "python")
    (tmp_path / "trader.py").write_text(program)
    with OtlpServer() as server:
        run(["python", "trader.py"], tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

        assert ["decide", "decide"] == [name for _, _, name in server.spans]
