"""Instrumentations wait for the import of their library, and nobody notices that they do."""

import importlib
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable

import pytest
from fake_packages import FakePackages

from otel_agent.instruments.libraries.activation import Libraries

Install = Callable[..., Libraries]

WRAP = "import fake_shop; fake_shop.times = getattr(fake_shop, 'times', 0) + 1; fake_shop.sell = lambda: 'watched'"
SHOP = "def sell():\n    return 'sold'\n"


def test_nothing_is_imported_until_the_agent_does(site: FakePackages, install: Install) -> None:
    """The library is instrumented by the time its import has ended, and neither it nor its instrumentation is there before."""
    site.library("fake-shop", SHOP, package="fake_shop")
    module = site.instrumentation("shop", "fake-shop >= 1.0", instrument=WRAP)
    found = install("shop")

    assert {"shop": "waiting for import"} == found.status
    assert not {"fake_shop", module} & set(sys.modules)
    from fake_shop import sell  # type: ignore[import-not-found]

    assert ("watched", {"shop": "instrumented"}) == (sell(), found.status)


def test_a_library_that_is_there_already_is_instrumented_at_once(site: FakePackages, install: Install) -> None:
    """`init` may stand anywhere."""
    site.library("fake_shop", SHOP)
    site.instrumentation("shop", "fake_shop", instrument=WRAP)
    library = importlib.import_module("fake_shop")
    found = install("shop")

    assert ("watched", {"shop": "instrumented"}) == (library.sell(), found.status)


def test_the_module_that_is_used_counts(site: FakePackages, install: Install) -> None:
    """An instrumentation of a part waits for that part: whoever imports the rest only pays nothing."""
    site.library("fake_shop", SHOP, server="", client="")
    module = site.instrumentation("shop", "fake_shop", imports="from fake_shop import server")
    found = install("shop")
    importlib.import_module("fake_shop.client")

    assert ("waiting for import", False) == (found.status["shop"], "fake_shop.server" in sys.modules)
    importlib.import_module("fake_shop.server")
    assert ("instrumented", True) == (found.status["shop"], module in sys.modules)


def test_a_library_in_the_middle_of_its_import_is_not_touched(site: FakePackages, install: Install) -> None:
    """A part that is complete while its package is not would be seen half made; the package's end is waited for."""
    site.library("fake_shop", "from fake_shop import server\nlate = 42\n", server="")
    site.instrumentation(
        "shop", "fake_shop", imports="from fake_shop import server", instrument="from fake_shop import late"
    )
    found = install("shop")
    importlib.import_module("fake_shop")

    assert {"shop": "instrumented"} == found.status


@pytest.mark.parametrize("second", [True, False])
def test_several_libraries(site: FakePackages, install: Install, *, second: bool) -> None:
    """One that needs two waits for both; one that is for either waits for whichever comes."""
    site.library("fake_shop", SHOP)
    site.library("fake_bank")
    site.instrumentation("both", "fake_shop", "fake_bank")
    site.instrumentation("either", "fake_shop; extra == 'instruments-any'", "fake_bank; extra == 'instruments-any'")
    found = install("both", "either")
    importlib.import_module("fake_bank" if second else "fake_shop")

    assert {"both": "waiting for import", "either": "instrumented"} == found.status
    importlib.import_module("fake_shop" if second else "fake_bank")
    assert {"both": "instrumented", "either": "instrumented"} == found.status


def test_a_library_below_a_namespace(site: FakePackages, install: Install) -> None:
    """`google.genai` is waited for by its whole name; the namespace, and what shares it, is not it."""
    site.library("fake-genai", SHOP, package="fake_google.genai")
    site.library("fake-cloud", package="fake_google.cloud")
    site.instrumentation("genai", "fake-genai")
    found = install("genai")
    importlib.import_module("fake_google.cloud")

    assert {"genai": "waiting for import"} == found.status
    importlib.import_module("fake_google.genai")
    assert {"genai": "instrumented"} == found.status


def test_a_module_that_takes_the_place_of_its_own(site: FakePackages, install: Install) -> None:
    """A library may put another object into `sys.modules` while it is imported, even one that is no module."""
    site.library(
        "fake_shop",
        "import sys\nclass Lazy:\n    def __getattr__(self, name):\n        raise RuntimeError(name)\n    sell = 'kept'\nsys.modules[__name__] = Lazy()\n",
    )
    site.instrumentation("shop", "fake_shop")
    found = install("shop")
    library = importlib.import_module("fake_shop")

    assert ("kept", {"shop": "instrumented"}) == (library.sell, found.status)


def test_reloading_instruments_no_second_time(site: FakePackages, install: Install) -> None:
    """What is reloaded works, and is not wrapped twice."""
    site.library("fake_shop", SHOP)
    site.instrumentation("shop", "fake_shop", instrument=WRAP)
    install("shop")
    library = importlib.import_module("fake_shop")
    importlib.reload(library)

    assert ("sold", 1) == (library.sell(), library.times)


def test_an_import_that_fails_fails_as_it_would(site: FakePackages, install: Install) -> None:
    """The library's own exception comes out; when it can be imported after all, it is instrumented."""
    site.library("fake_shop", "import os\nif 'SHOP' not in os.environ: raise LookupError('closed')\n")
    site.instrumentation("shop", "fake_shop")
    found = install("shop")
    with pytest.raises(LookupError, match="closed"):
        importlib.import_module("fake_shop")

    assert {"shop": "waiting for import"} == found.status
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP", "open")
        importlib.import_module("fake_shop")
    assert {"shop": "instrumented"} == found.status


@pytest.mark.parametrize(
    ("instrument", "status"),
    [
        ("raise RuntimeError('no such\\nthing')", "failed: RuntimeError: no such thing"),
        ("import no_such_module_anywhere", "cannot be imported: No module named 'no_such_module_anywhere'"),
        ("raise SystemExit(3)", "failed: SystemExit: 3"),
    ],
)
def test_a_failing_activation_never_breaks_the_import(
    site: FakePackages, install: Install, instrument: str, status: str
) -> None:
    """Whatever an instrumentation does, the agent has its library."""
    site.library("fake_shop", SHOP)
    site.instrumentation("shop", "fake_shop", instrument=instrument)
    found = install("shop")
    library = importlib.import_module("fake_shop")

    assert ("sold", {"shop": status}) == (library.sell(), found.status)


def test_an_agent_that_imports_the_instrumentation_first(site: FakePackages, install: Install) -> None:
    """An instrumentation imports its library itself; it is activated when its own import has ended."""
    site.library("fake_shop", SHOP)
    module = site.instrumentation("shop", "fake_shop", imports="import fake_shop", instrument=WRAP)
    found = install("shop")
    importlib.import_module(module)

    assert ("watched", {"shop": "instrumented"}) == (sys.modules["fake_shop"].sell(), found.status)


def test_threads_that_import_at_once(site: FakePackages, install: Install) -> None:
    """However many threads import parts of a library at the same time, it is activated once, by one of them."""
    parts = {f"part{number}": "" for number in range(16)}
    site.library("fake_shop", SHOP, **parts)
    site.instrumentation("shop", "fake_shop", instrument=WRAP)
    found = install("shop")
    gate = threading.Barrier(len(parts))

    def load(name: str) -> None:
        gate.wait(10)
        importlib.import_module(f"fake_shop.{name}")

    threads = [threading.Thread(target=load, args=(name,)) for name in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert (1, {"shop": "instrumented"}) == (sys.modules["fake_shop"].times, found.status)


def test_taking_back_ends_the_waiting(site: FakePackages, install: Install) -> None:
    """After shutdown an import activates nothing, and what was activated is undone."""
    site.library("fake_shop", SHOP)
    site.library("fake_bank")
    site.instrumentation("bank", "fake_bank", uninstrument="import fake_bank; fake_bank.undone = True")
    site.instrumentation("shop", "fake_shop", instrument=WRAP)
    found = install("bank", "shop")
    bank = importlib.import_module("fake_bank")
    found.uninstall()

    assert {"bank": "uninstrumented", "shop": "uninstrumented"} == found.status
    assert ("sold", True) == (importlib.import_module("fake_shop").sell(), bank.undone)


def test_a_forked_child_goes_on_waiting(site: FakePackages, install: Install) -> None:
    """A worker that is forked before it imports its libraries is instrumented as its parent would be."""
    site.library("fake_shop", SHOP)
    site.instrumentation("shop", "fake_shop", instrument=WRAP)
    code = (
        "import os, sys\n"
        f"sys.path.insert(0, {str(site.folder)!r})\n"
        "import otel_agent\n"
        "telemetry = otel_agent.init('x', export='none', spool=False, instrument=['shop'])\n"
        "if os.fork() == 0:\n"
        "    import fake_shop\n"
        "    print(fake_shop.sell(), telemetry.status()['libraries']['shop'], flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "print(telemetry.status()['libraries']['shop'], 'fake_shop' in sys.modules)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert ["watched instrumented", "waiting for import False"] == ended.stdout.splitlines()


def test_a_warning_of_the_library_names_whoever_imports_it(site: FakePackages, install: Install) -> None:
    """`warnings.warn(..., stacklevel=2)` in a library's body still points at the agent's line."""
    site.library("fake_shop", "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)\n")
    site.instrumentation("shop", "fake_shop")
    install("shop")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        import fake_shop  # noqa: F401

    assert [__file__] == [warning.filename for warning in caught]


def test_the_traceback_of_a_failing_import_is_the_librarys_own(site: FakePackages, install: Install) -> None:
    """No frame of ours stands between the agent's line and the library's."""
    site.library("fake_shop", "raise LookupError('closed')\n")
    site.instrumentation("shop", "fake_shop")
    install("shop")
    with pytest.raises(LookupError) as raised:
        import fake_shop  # noqa: F401

    assert [__file__, str(site.folder / "fake_shop" / "__init__.py")] == [str(entry.path) for entry in raised.traceback]
