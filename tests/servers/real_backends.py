"""
A pytest plugin: real servers for the whole session, and their logs beside every failure.

A test module asks for it with `pytest_plugins = ["real_backends"]`.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from real_programs import ROOT, Server, started
from real_servers import Alertmanager, Backends, Collector, Jaeger, Prometheus

__all__ = ["backends"]

NEEDED = {
    "otelcol-agent": ("otelcol-agent",),
    "Jaeger": ("jaeger",),
    "Prometheus": ("prometheus",),
    "promtool": ("promtool",),
    "Alertmanager": ("alertmanager", "prometheus-alertmanager"),
    "amtool": ("amtool",),
    "PostgreSQL": ("postgres",),
    "VictoriaLogs": ("victoria-logs",),
}


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_missing(request: pytest.FixtureRequest) -> None:
    """In CI a program that could not be had is a failure, not a reason to skip."""
    if not os.environ.get("CI") or not any(item.get_closest_marker("e2e") for item in request.session.items):
        return
    folders = [ROOT / "build", *Path("/usr/lib/postgresql").glob("*/bin"), os.environ["PATH"]]
    path = os.pathsep.join(map(str, folders))
    missing = [name for name, programs in NEEDED.items() if not any(shutil.which(one, path=path) for one in programs)]

    assert [] == missing, "python collector/tools.py makes what is missing"


@pytest.fixture(scope="session")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """Collector, Jaeger, Prometheus and Alertmanager, shared by all tests; each test has a service name of its own."""
    folder = tmp_path_factory.mktemp("backends")
    prometheus = Prometheus(folder / "prometheus")
    alertmanager = Alertmanager(folder / "alertmanager")
    jaeger = Jaeger(folder / "jaeger", prometheus.url)
    collector = Collector(
        folder / "collector",
        *("jaeger", "prometheus", "file"),
        environ={"JAEGER_ENDPOINT": jaeger.endpoint, "PROMETHEUS_ENDPOINT": prometheus.endpoint},
    )
    prometheus.point_at(
        collector=collector.metrics_url.removeprefix("http://").removesuffix("/metrics"),
        alertmanager=alertmanager.url.removeprefix("http://"),
    )
    with ExitStack() as stack:
        for server in (alertmanager, prometheus, jaeger, collector):
            stack.enter_context(started(server))
        yield Backends(collector, jaeger, prometheus, alertmanager)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test of a module that asked for this plugin shows the end of every server's log."""
    report = yield
    if report.failed and "real_backends" in getattr(getattr(item, "module", None), "pytest_plugins", ()):
        report.sections += [(f"log of {server.name}", server.tail()) for server in Server.running]
    return report
