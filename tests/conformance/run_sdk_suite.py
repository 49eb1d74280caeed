"""
Run the tests of others with our tracer provider in place of the SDK's.

    python tests/conformance/run_sdk_suite.py [SUITE ...] [--list]

The suites are the trace tests of the installed `opentelemetry-sdk` and the whole tests of several contrib instrumentations, each
from its source distribution, of the versions that are installed. What is downloaded stays in `build/conformance` and is not
downloaded again. A test that does not pass must stand in `exceptions.json` with a reason, and one that stands there must not pass.
Exit status 0 only then.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "servers"))  # as tests/conftest.py has it
from foreign_suites import environment, pip, results, unpack

BUILD = HERE.parents[1] / "build" / "conformance"
EXCEPTIONS = HERE / "exceptions.json"
TIMEOUT_S = 150
"""Of one suite."""


@dataclass(frozen=True)
class Suite:
    """The tests of one package."""

    package: str
    """Name of its source distribution."""
    tests: str
    """Folder of the tests in it."""
    needs: tuple[str, ...] = ()
    """Packages of OpenTelemetry it needs besides, of the same version."""
    helpers: tuple[str, ...] = ()
    """Other packages it needs, as requirements."""

    @property
    def name(self) -> str:
        """Short, for people."""
        return self.package.removeprefix("opentelemetry-").removeprefix("instrumentation-")


SUITES = (
    Suite("opentelemetry-sdk", "tests/trace"),
    Suite("opentelemetry-instrumentation-threading", "tests"),
    Suite("opentelemetry-instrumentation-asyncio", "tests"),
    Suite("opentelemetry-instrumentation-logging", "tests"),
    Suite("opentelemetry-instrumentation-dbapi", "tests"),
    Suite("opentelemetry-instrumentation-sqlite3", "tests", ("opentelemetry-instrumentation-dbapi",)),
    Suite("opentelemetry-instrumentation-wsgi", "tests", ("opentelemetry-util-http",)),
    Suite("opentelemetry-instrumentation-asgi", "tests", ("opentelemetry-util-http",), ("asgiref",)),
    # 0.66 refuses SQLAlchemy 2.1, with whatever provider.
    Suite("opentelemetry-instrumentation-sqlalchemy", "tests", (), ("sqlalchemy<2.1",)),
)


def release(package: str) -> str:
    """The version of a package that goes with what is installed."""
    return version("opentelemetry-sdk" if package == "opentelemetry-sdk" else "opentelemetry-instrumentation")


def prepare(suites: list[Suite]) -> Path:
    """Download what is missing; answers the folder of packages the tests import."""
    site = BUILD / f"site-{release('contrib')}"
    (BUILD / "sources").mkdir(parents=True, exist_ok=True)
    for suite in suites:
        unpack(pinned(suite.package), unpacked(suite), "--no-build-isolation")
    wanted = {pinned("opentelemetry-test-utils")}
    for suite in SUITES:
        wanted.update(suite.helpers)
        wanted |= {pinned(name) for name in suite.needs}
        if suite.package != "opentelemetry-sdk":
            wanted.add(pinned(suite.package))
    note = site / "installed.txt"
    if not note.exists() or not wanted <= set(note.read_text().split()):
        shutil.rmtree(site, ignore_errors=True)
        pip("install", "--no-deps", "--target", str(site), *sorted(wanted))
        note.write_text("\n".join(sorted(wanted)))
    return site


def pinned(package: str) -> str:
    """A requirement of exactly the version that fits."""
    return f"{package}=={release(package)}"


def unpacked(suite: Suite) -> Path:
    """Where the source distribution of a suite lies."""
    return BUILD / "sources" / f"{suite.package.replace('-', '_')}-{release(suite.package)}"


def run(suite: Suite, site: Path) -> dict[str, str]:
    """Run one suite; answers "passed", "failed" or "skipped" for each of its tests."""
    root, report = unpacked(suite), BUILD / f"{suite.name}.xml"
    report.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "sdk_in_place", "-p", "no:cacheprovider", "-c", os.devnull,
        "--rootdir", str(root), f"--junitxml={report}", "--tb=short", suite.tests,
    ]  # fmt: skip
    done = subprocess.run(
        command,
        cwd=root,
        env=environment([site, HERE, HERE.parents[1], root]),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    (BUILD / f"{suite.name}.txt").write_text(done.stdout + done.stderr)
    if not report.exists():
        raise SystemExit(f"conformance: {suite.package} could not be run:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return {f"{place}.{test}": outcome for place, test, outcome in results(report)}


def judge(name: str, found: dict[str, str], excepted: dict[str, str]) -> list[str]:
    """
    What is wrong with the outcome of a suite.

    Args:
        name: Of the suite.
        found: Outcome of each test.
        excepted: Reason for each test that need not pass.
    """
    problems = [
        f"{name}: {test} failed" for test, outcome in found.items() if outcome == "failed" and test not in excepted
    ]
    problems += [
        f"{name}: {test} is excepted but does not fail; take it off exceptions.json"
        for test in excepted
        if found.get(test) != "failed"
    ]
    if not any(outcome == "passed" for outcome in found.values()):
        problems.append(f"{name}: not one test passed")
    return problems


def main() -> int:
    """Prepare, run, judge, say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", nargs="*", help="names as --list prints them; all by default")
    parser.add_argument("--list", action="store_true", help="print the names of the suites")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(suite.name for suite in SUITES))
        return 0
    suites = [suite for suite in SUITES if not arguments.suite or suite.name in arguments.suite]
    site = prepare(suites)
    exceptions: dict[str, dict[str, str]] = json.loads(EXCEPTIONS.read_text())
    problems = []
    with ThreadPoolExecutor(2) as pool:
        for suite, found in zip(suites, pool.map(lambda one: run(one, site), suites), strict=True):
            excepted = exceptions.get(suite.name, {})
            counts = {kind: list(found.values()).count(kind) for kind in ("passed", "failed", "skipped")}
            print(f"{suite.name} {release(suite.package)}: {counts} ({len(excepted)} excepted)", flush=True)
            problems += judge(suite.name, found, excepted)
    print("\n".join(problems) or "conformance: every test of theirs passes with our provider")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
