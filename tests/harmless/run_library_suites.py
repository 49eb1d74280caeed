"""
Run the test suites of libraries without us, under `otel-agent run`, and with the library's own functions traced.

    python tests/harmless/run_library_suites.py [LIBRARY ...] [--list]

Each library is taken from its source distribution, at the version in `requirements/suites.txt`, and tested from there: it and its
tests are the agent's own modules. Every test must end the same way in all three runs, also one that fails here in any case.
What is downloaded stays in `build/suites` and is not downloaded again. Exit status 0 only when nothing differs.
"""

import argparse
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "servers"))  # as tests/conftest.py has it
from foreign_suites import environment, pip, results, unpack

BUILD = ROOT / "build" / "suites"
REQUIREMENTS = ROOT / "requirements" / "suites.txt"
SITE = BUILD / f"site-{sys.version_info[0]}.{sys.version_info[1]}"
TIMEOUT_S = 900
"""Of one suite run once."""


@dataclass(frozen=True)
class Suite:
    """The tests of one library."""

    library: str
    """Name of its distribution."""
    module: str
    """Module whose functions are traced in the third run."""
    tests: str = "tests"
    """Folder or file of the tests in its source distribution."""
    sources: str = "src"
    """Folder of the library in its source distribution."""
    options: tuple[str, ...] = ()
    """More of pytest's arguments: what is left out because it does not end the same way twice, or takes too long."""


SUITES = (
    Suite("attrs", "attr"),
    Suite("boltons", "boltons", sources=""),
    Suite("cachetools", "cachetools"),
    Suite("click", "click"),
    Suite("h11", "h11", "h11/tests", sources=""),
    Suite("idna", "idna", sources=""),
    Suite("itsdangerous", "itsdangerous"),
    Suite("jinja2", "jinja2"),
    Suite("lark", "lark", sources=""),
    Suite("marshmallow", "marshmallow"),
    Suite("more-itertools", "more_itertools", sources=""),
    Suite("pluggy", "pluggy", "testing"),
    Suite("sqlparse", "sqlparse", sources="", options=("--ignore=tests/test_dos_prevention.py",)),  # it measures times
    Suite("stamina", "stamina"),
    Suite("tomlkit", "tomlkit", sources=""),
    Suite("toolz", "toolz", "toolz", sources=""),
    Suite("typeguard", "typeguard"),
    Suite("voluptuous", "voluptuous", "voluptuous/tests", sources=""),
)

WAYS: dict[str, tuple[str, ...]] = {
    "without us": (),
    "run": ("-m", "otel_agent", "run", "--export", "none", "--", sys.executable),
    "run --modules": ("-m", "otel_agent", "run", "--export", "none", "--modules", "{module}", "--", sys.executable),
}
"""What stands between the interpreter and its arguments."""


def pins() -> dict[str, str]:
    """Versions by distribution, from the requirements."""
    lines = (line.partition("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines())
    return dict(line.split("==") for line in lines if line)


def prepare(suites: Sequence[Suite]) -> None:
    """Download what is missing, and install what the tests import."""
    (BUILD / "sources").mkdir(parents=True, exist_ok=True)
    versions = pins()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda suite: unpack(f"{suite.library}=={versions[suite.library]}", folder(suite)), suites))
    note = SITE / "installed.txt"
    if not note.exists() or note.read_text() != REQUIREMENTS.read_text():
        shutil.rmtree(SITE, ignore_errors=True)
        pip(
            "install",
            "--no-deps",
            "--target",
            str(SITE),
            *(f"{name}=={each}" for name, each in versions.items() if name != "pluggy"),
        )
        note.write_text(REQUIREMENTS.read_text())


def folder(suite: Suite) -> Path:
    """Where the source distribution of a library lies."""
    return BUILD / "sources" / f"{suite.library}-{pins()[suite.library]}"


def outcomes(suite: Suite, way: str) -> Counter[tuple[str, str]]:
    """
    Run one suite in one way.

    Args:
        suite: Whose tests.
        way: Key of `WAYS`.

    Returns:
        How often each test, all its parameters together, has "passed", "failed" or was "skipped".
    """
    root = folder(suite)
    stem = BUILD / f"{suite.library} {way} {sys.version_info[0]}.{sys.version_info[1]}".replace(" ", "-")
    report = Path(f"{stem}.xml")
    report.unlink(missing_ok=True)
    home = BUILD / "home"
    home.mkdir(exist_ok=True)
    variables = environment(
        [root / suite.sources, root, SITE], PYTHONHASHSEED="0", HOME=str(home), XDG_STATE_HOME=str(home)
    )
    between = [part.format(module=suite.module) for part in WAYS[way]]
    command = [
        sys.executable, *between, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:otel_agent",
        f"--junitxml={report}", "--tb=short", *suite.options, suite.tests,
    ]  # fmt: skip
    with Path(f"{stem}.txt").open("w") as said:
        try:
            subprocess.run(command, cwd=root, env=variables, stdout=said, stderr=said, check=False, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            said.write(f"\nnot over after {TIMEOUT_S} s\n")
    if not report.exists():
        return Counter([(f"everything (see {stem}.txt)", "failed")])
    return Counter((f"{place}::{test.partition('[')[0]}", outcome) for place, test, outcome in results(report))


def compare(suite: Suite) -> tuple[str, list[str]]:
    """Run one suite in every way; answers a line of counts and what differs."""
    found = {way: outcomes(suite, way) for way in WAYS}
    bare = found["without us"]
    counts = ", ".join(
        f"{sum(times for (_, each), times in bare.items() if each == kind)} {kind}"
        for kind in ("passed", "failed", "skipped")
    )
    problems = [
        f"{suite.library}, {way}: {test} has {outcome} {seen[test, outcome]} times, without us {bare[test, outcome]}"
        for way, seen in found.items()
        for test, outcome in sorted({*bare, *seen})
        if seen[test, outcome] != bare[test, outcome]
    ]
    if not any(outcome == "passed" for _, outcome in bare):
        problems.append(f"{suite.library}: not one test passes without us")
    return f"{suite.library} {pins()[suite.library]}: {counts}; {len(problems)} differ", problems


def main() -> int:
    """Prepare, run, compare, say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", nargs="*", help="names as --list prints them; all by default")
    parser.add_argument("--list", action="store_true", help="print the names of the libraries")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(suite.library for suite in SUITES))
        return 0
    suites = [suite for suite in SUITES if not arguments.library or suite.library in arguments.library]
    prepare(suites)
    problems = []
    with ThreadPoolExecutor(2) as pool:
        for line, differing in pool.map(compare, suites):
            print(line, flush=True)
            problems += differing
    print("\n".join(problems) or "suites: every test ends as it does without us")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
