"""What was made or named before `init` is instrumented where that can be done, and otherwise named with its remedy."""

import gc
import importlib
from collections.abc import Callable
from typing import Any

import pytest
from fake_packages import FakePackages

from otel_agent.instruments.libraries.activation import Libraries

Install = Callable[..., Libraries]

SHOP = "class Shop:\n    pass\n\ndef connect():\n    return 'plain'\n"

REPLACING = """
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
import fake_shop

class Watched(fake_shop.Shop):
    pass

class Fake(BaseInstrumentor):
    def instrumentation_dependencies(self):
        return ()

    def _instrument(self, **kwargs):
        self.before = fake_shop.Shop, fake_shop.connect
        fake_shop.Shop, fake_shop.connect = Watched, lambda: "watched"

    def _uninstrument(self, **kwargs):
        fake_shop.Shop, fake_shop.connect = self.before
"""

ONE_BY_ONE = """
    @staticmethod
    def instrument_app(app, tracer_provider=None):
        if app.name == "closed":
            raise RuntimeError("closed")
        app.provider = tracer_provider

    @staticmethod
    def uninstrument_app(app):
        del app.provider
"""


@pytest.fixture
def shop(site: FakePackages) -> Any:
    """A library that the agent imported before."""
    site.library("fake_shop", SHOP)
    return importlib.import_module("fake_shop")


def test_an_application_made_before_is_instrumented_by_itself(site: FakePackages, shop: Any, install: Install) -> None:
    """Where an instrumentation can do that, earlier applications are included, with the provider; shutdown takes it back."""
    site.instrumentation("shop", "fake_shop", source=REPLACING + ONE_BY_ONE)
    application = shop.Shop()
    application.name = "open"
    found = install("shop", tracer_provider="t")

    assert {"shop": "instrumented; 1 Shop made before init() included"} == found.status
    assert "t" == application.provider
    found.uninstall()
    assert not hasattr(application, "provider")


def test_an_application_that_cannot_be_instrumented_is_named(site: FakePackages, shop: Any, install: Install) -> None:
    """Its remedy stands beside it."""
    site.instrumentation("shop", "fake_shop", source=REPLACING)
    kept = [shop.Shop(), type("Own", (shop.Shop,), {})()]
    found = install("shop")

    assert {
        "shop": "instrumented; not 1 Own, 1 Shop made before init(): call init() before making them"
    } == found.status
    del kept


def test_one_application_that_fails_costs_itself(site: FakePackages, shop: Any, install: Install) -> None:
    """The others are included, and the failure is reported."""
    site.instrumentation("shop", "fake_shop", source=REPLACING + ONE_BY_ONE)
    kept = [shop.Shop(), shop.Shop()]
    kept[0].name, kept[1].name = "open", "closed"
    found = install("shop")

    assert (
        "instrumented; 1 Shop made before init() included; not 1 Shop made before init(): call init() before making them"
    ) == found.status["shop"]


@pytest.mark.parametrize("served", ["_got_first_request", "middleware_stack"])
def test_an_application_that_has_served_is_left_alone(
    site: FakePackages, shop: Any, install: Install, served: str
) -> None:
    """Frameworks refuse or ignore hooks after the first request; half an instrumentation would be worse than none."""
    site.instrumentation("shop", "fake_shop", source=REPLACING + ONE_BY_ONE)
    application = shop.Shop()
    setattr(application, served, True)
    found = install("shop")

    assert "not 1 Shop made before init()" in found.status["shop"]
    assert not hasattr(application, "provider")


def test_a_name_bound_before_is_named(site: FakePackages, shop: Any, install: Install) -> None:
    """`from library import name` above `init` keeps what was there; the agent's modules that do so are listed."""
    site.instrumentation("shop", "fake_shop", source=REPLACING)
    site.module("fake_trader", "from fake_shop import connect, Shop as Bazaar\n")
    importlib.import_module("fake_trader")
    found = install("shop")

    assert (
        "instrumented; not what is made through fake_trader.Bazaar, fake_trader.connect, bound before init():"
        " call init() before the import"
    ) == found.status["shop"]


def test_what_is_made_afterwards_is_not_mentioned(site: FakePackages, shop: Any, install: Install) -> None:
    """A library that was imported and not used is simply instrumented."""
    gc.collect()
    site.instrumentation("shop", "fake_shop", source=REPLACING)

    assert {"shop": "instrumented"} == install("shop").status
    assert "watched" == shop.connect()


def test_objects_of_a_real_library_are_named(install: Install) -> None:
    """A connection of sqlite3 that is open already goes on unseen, which is said."""
    pytest.importorskip("opentelemetry.instrumentation.sqlite3")
    sqlite3 = importlib.import_module("sqlite3")
    connection = sqlite3.connect(":memory:")
    found = install("sqlite3")
    connection.close()

    assert "Connection made before init()" in found.status["sqlite3"]
