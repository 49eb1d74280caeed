"""Django's instrumentation writes into the settings, so it waits until the agent has made them."""

import importlib
from collections.abc import Callable
from typing import Any

from fake_packages import FakePackages

from otel_agent.instruments.libraries.activation import Libraries

Install = Callable[..., Libraries]

CONF = """
class LazySettings:
    configured = False

    def _setup(self, name=None):
        self.configured = True

    def configure(self, **options):
        self.options = options
        self.configured = True

settings = LazySettings()
"""


def django(site: FakePackages) -> Any:
    """A Django of settings alone, and its instrumentation, which must not see them without content."""
    site.library("django", "", conf=CONF)
    site.instrumentation(
        "django", "django", imports="from django.conf import settings", instrument="assert settings.configured"
    )


def test_the_settings_are_waited_for(site: FakePackages, install: Install) -> None:
    """An agent may import Django before it says what its settings are, as every `wsgi.py` does."""
    django(site)
    found = install("django")
    conf = importlib.import_module("django.conf")
    original = conf.LazySettings.configure

    assert {"django": "waiting for import: Django has no settings yet"} == found.status
    conf.settings.configure(DEBUG=False)
    assert {"django": "instrumented"} == found.status
    assert {"DEBUG": False} == conf.settings.options
    assert original is not conf.LazySettings.configure


def test_settings_that_are_there_are_used_at_once(site: FakePackages, install: Install) -> None:
    """An agent that calls `init` in its settings, or after them, waits for nothing."""
    django(site)
    conf = importlib.import_module("django.conf")
    conf.settings._setup()

    assert {"django": "instrumented"} == install("django").status


def test_shutdown_puts_the_methods_back(site: FakePackages, install: Install) -> None:
    """Nothing of ours stays on Django's class."""
    django(site)
    conf = importlib.import_module("django.conf")
    before = dict(vars(conf.LazySettings))
    found = install("django")
    found.uninstall()

    assert before == dict(vars(conf.LazySettings))
    conf.settings._setup()
    assert {"django": "uninstrumented"} == found.status
