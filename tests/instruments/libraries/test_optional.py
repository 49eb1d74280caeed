"""A library that an instrumentation merely looks for is not imported for it, and is known to it once the agent imports that."""

import importlib
import sys
from collections.abc import Callable

from fake_packages import FakePackages

from otel_agent.instruments.libraries.activation import Libraries

Install = Callable[..., Libraries]

LOOKING = """
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
import fake_click

try:
    from fake_flask.cli import Script
except ImportError:
    Script = None

class Fake(BaseInstrumentor):
    def instrumentation_dependencies(self):
        return ()

    def _instrument(self, **kwargs):
        fake_click.script = Script

    def _uninstrument(self, **kwargs):
        fake_click.script = "taken back"
"""


def lay(site: FakePackages, source: str = LOOKING, flask: str = "") -> None:
    """Two libraries with their instrumentations; that of the first looks for the second."""
    site.library("fake_click")
    site.library("fake_flask", flask, cli="class Script: ...\n")
    site.instrumentation("click", "fake_click", source=source)
    site.instrumentation("flask", "fake_flask")


def test_what_is_looked_for_is_not_imported(site: FakePackages, install: Install) -> None:
    """Click's instrumentation asks for Flask; an agent with a command line does not pay for a web framework."""
    lay(site)
    found = install("click", "flask")
    click = importlib.import_module("fake_click")

    assert ({"click": "instrumented", "flask": "waiting for import"}, None) == (found.status, click.script)
    assert "fake_flask" not in sys.modules


def test_it_is_known_as_soon_as_the_agent_imports_it(site: FakePackages, install: Install) -> None:
    """The instrumentation is activated anew, with what it looked for."""
    lay(site)
    found = install("click", "flask")
    click = importlib.import_module("fake_click")
    flask = importlib.import_module("fake_flask.cli")

    assert ({"click": "instrumented", "flask": "instrumented"}, flask.Script) == (found.status, click.script)
    found.uninstall()
    assert "taken back" == click.script


def test_half_of_it_is_waited_for(site: FakePackages, install: Install) -> None:
    """Flask imports Click itself: Click's instrumentation waits until Flask is complete, and takes it for what it is."""
    lay(site, flask="import fake_click\nfrom fake_flask import cli\n")
    found = install("click", "flask")
    flask = importlib.import_module("fake_flask")

    assert ({"click": "instrumented", "flask": "instrumented"}, flask.cli.Script) == (
        found.status,
        sys.modules["fake_click"].script,
    )


def test_what_cannot_be_done_without_is_imported(site: FakePackages, install: Install) -> None:
    """An instrumentation whose module fails without the other library gets it."""
    lay(site, source=LOOKING.replace("try:", "import fake_flask\ntry:"))
    found = install("click", "flask")
    importlib.import_module("fake_click")

    assert {"click": "instrumented", "flask": "instrumented"} == found.status


def test_the_agents_own_lines_are_refused_nothing(site: FakePackages, install: Install) -> None:
    """A library that an instrumentation needs may look for others itself, and finds them."""
    lay(site, source=LOOKING.replace("import fake_click", "import fake_click\nimport fake_helper"))
    site.module("fake_helper", "import fake_flask\n")
    found = install("click", "flask")
    importlib.import_module("fake_click")

    assert {"click": "instrumented", "flask": "instrumented"} == found.status
