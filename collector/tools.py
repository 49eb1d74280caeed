"""
Real programs for the end-to-end tests, into `build/`: the collector, Jaeger, Prometheus, VictoriaLogs, a broker; and what Debian has.

    python collector/tools.py                      everything
    python collector/tools.py otelcol-agent        the collector alone
    python collector/tools.py prometheus debian    any of otelcol-agent, jaeger, prometheus, victorialogs, kafka, debian

Each Go program is an ordinary dependency of a module beside this file, whose `go.mod` and `go.sum` pin it and everything it is
made of; Go's own tools fetch and build it. A program whose pins have not changed since it was built is left alone, in silence.
A step that fails is tried again, because networks do; two runs at once wait for each other.

Standard library only: this runs before anything is installed.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build"
PAUSES_S = (5.0, 20.0, 60.0)
"""Waits before the second, third and fourth try."""
PROGRESS_S = 10.0
"""A line of progress every so many seconds of a step."""
STEP_TIMEOUT_S = 2400.0
"""The longest any one step may take; building Jaeger on two busy cores is the longest."""


class ToolError(Exception):
    """A program could not be had; the message says what to do."""


@dataclass(frozen=True)
class Patch:
    """A change to one file of a pinned module, made in a copy of it beside the generated source."""

    module: str
    """Path of the module; go.mod replaces it by the folder with the last word of its name."""
    file: str
    """Path within the module."""
    changes: tuple[tuple[str, str], ...]
    """Before and after; each must be found exactly once, so that a new version that differs is noticed."""


@dataclass(frozen=True)
class GoProgram:
    """Programs of one Go module."""

    name: str
    """Folder beside this file that holds go.mod and go.sum."""
    outputs: tuple[str, ...]
    """Files that appear in `build/`."""
    packages: tuple[str, ...]
    """What to build, in the order of `outputs`."""
    tags: str = ""
    """Build tags, with commas between."""
    manifest: str | None = None
    """A manifest of the OpenTelemetry Collector Builder, from which the source is made first."""
    patches: tuple[Patch, ...] = ()
    """Changes to modules of others."""

    def fingerprint(self) -> str:
        """What the program is made from, as one short word."""
        digest = hashlib.sha256(f"{self.packages}{self.tags}{self.patches}".encode())
        for path in [*self.sources(), *([HERE / self.manifest] if self.manifest else [])]:
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def sources(self) -> list[Path]:
        """The pins, and what source there is of our own."""
        return sorted(path for path in (HERE / self.name).rglob("*") if path.suffix in {".go", ".mod", ".sum"})


COUNTS_BEFORE_A_STOP = Patch(
    "github.com/open-telemetry/opentelemetry-collector-contrib/connector/spanmetricsconnector",
    "connector.go",
    (
        ("Shutdown(context.Context) error {", "Shutdown(ctx context.Context) error {"),
        # What was counted since the last interval goes out before the stop; upstream forgets it. Twice, because a series begins
        # with a point of 0; and not in the same millisecond, of which Prometheus takes one point.
        (
            "\t\t\tp.done <- struct{}{}\n",
            (
                "\t\t\tp.done <- struct{}{}\n\t\t\tp.exportMetrics(ctx)\n"
                "\t\t\ttime.Sleep(2 * time.Millisecond)\n\t\t\tp.exportMetrics(ctx)\n"
            ),
        ),
    ),
)

FILE_OF_ALL_SIGNALS = Patch(
    "github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter",
    "file_exporter.go",
    (
        (
            "\tmarshaller *marshaller\n\twriter     *fileWriter\n}\n",
            "\tmarshaller *marshaller\n\twriter     *fileWriter\n\tusers      int\n}\n",
        ),
        # The signals share one exporter: the file is opened by the first and closed by the last, or the last span metrics
        # before a stop meet a closed one, and the collector panics.
        (
            "func (e *fileExporter) Start(_ context.Context, host component.Host) error {\n",
            (
                "func (e *fileExporter) Start(_ context.Context, host component.Host) error {\n"
                "\tif e.users++; e.users > 1 {\n\t\treturn nil\n\t}\n"
            ),
        ),
        (
            "func (e *fileExporter) Shutdown(context.Context) error {\n",
            (
                "func (e *fileExporter) Shutdown(context.Context) error {\n"
                "\tif e.users--; e.users > 0 {\n\t\treturn nil\n\t}\n"
            ),
        ),
    ),
)

GO_PROGRAMS = (
    GoProgram(
        "otelcol-agent",
        ("otelcol-agent",),
        (".",),
        "grpcnotrace",
        manifest="builder.yaml",
        patches=(COUNTS_BEFORE_A_STOP, FILE_OF_ALL_SIGNALS),
    ),
    GoProgram(
        "prometheus",
        ("prometheus", "promtool"),
        ("github.com/prometheus/prometheus/cmd/prometheus", "github.com/prometheus/prometheus/cmd/promtool"),
        # Without the discovery of clouds, which is most of Prometheus's dependencies and none of what is tested.
        "remove_all_sd,netgo",
    ),
    GoProgram("jaeger", ("jaeger",), ("github.com/jaegertracing/jaeger/cmd/jaeger",)),
    GoProgram("victorialogs", ("victoria-logs",), ("github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs",)),
    # A broker in memory, which the collector's own Kafka components are tested with: Kafka itself needs Java.
    GoProgram("kafka", ("kafka-in-memory",), (".",)),
)

DEBIAN_PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "prometheus-alertmanager": ("alertmanager", "prometheus-alertmanager"),
    "postgresql": ("postgres",),
}
"""Debian's package, and the names its program may have on the path or in PostgreSQL's own folder."""


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Make everything that was asked for.

    Args:
        arguments: Names; none for all.

    Returns:
        0, or 1 when something could not be had.
    """
    names = [*(program.name for program in GO_PROGRAMS), "debian"]
    parser = argparse.ArgumentParser(description="Real programs for the end-to-end tests, into build/.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(names)}; default: all")
    wanted = parser.parse_args(arguments).names or names
    unknown = [name for name in wanted if name not in names]
    if unknown:
        parser.error(f"there is no {unknown[0]!r}; known are {', '.join(names)}")
    try:
        if "debian" in wanted:
            install_debian()
        for program in GO_PROGRAMS:
            if program.name in wanted:
                build(program)
    except ToolError as error:
        print(f"collector/tools.py: {error}", file=sys.stderr)
        return 1
    return 0


def build(program: GoProgram) -> None:
    """
    Build the programs of one module, unless they are there already.

    Args:
        program: What to build.

    Raises:
        ToolError: Go is missing, or a step failed four times.
    """
    with locked(program.name):
        stamp = BUILD / f".{program.name}.stamp"
        made = [BUILD / name for name in program.outputs]
        fingerprint = program.fingerprint()
        if all(path.exists() for path in made) and stamp.exists() and stamp.read_text() == fingerprint:
            return
        if shutil.which("go") is None:
            raise ToolError(f"{program.name} is built with Go 1.26 or later, which is not on the path: install it")
        say(f"{program.name}: building, which takes minutes the first time")
        began_s = time.monotonic()
        source = BUILD / "source" / program.name
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir(parents=True)
        for path in program.sources():
            copied = source / path.relative_to(HERE / program.name)
            copied.parent.mkdir(exist_ok=True)
            shutil.copy(path, copied)
        for patch in program.patches:
            apply(patch, source)
        if program.manifest:
            manifest = str(HERE / program.manifest)
            step(
                ["go", "tool", "builder", "--config", manifest, "--skip-get-modules", "--skip-compilation"],
                source,
                go_environment(),
            )
        for output, package in zip(program.outputs, program.packages, strict=True):
            compile_package(source, package, program.tags, BUILD / output)
        stamp.write_text(fingerprint)
        say(f"{program.name}: built in {time.monotonic() - began_s:.0f} s")


def apply(patch: Patch, source: Path) -> None:
    """
    Copy a pinned module beside the source and change it there.

    Args:
        patch: What to change.
        source: Folder of the module that replaces it.

    Raises:
        ToolError: The module could not be had, or is not what the change was written for.
    """
    pins = (source / "go.mod").read_text(encoding="utf-8")
    version = next(words[1] for words in map(str.split, pins.splitlines()) if words[:1] == [patch.module])
    # Go checks the module against go.sum, where its checksum stays beside the replacement.
    answer = step(["go", "mod", "download", "-json", f"{patch.module}@{version}"], source, go_environment())
    original = re.search(r'"Dir": "([^"]+)"', answer)
    if original is None:
        raise ToolError(f"{patch.module} {version} could not be had: {answer}")
    copy = source / patch.module.rsplit("/", 1)[1]
    shutil.copytree(original[1], copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    text = (copy / patch.file).read_text(encoding="utf-8")
    for before, after in patch.changes:
        if text.count(before) != 1:
            raise ToolError(
                f"{patch.module} {version}: {patch.file} has {before!r} {text.count(before)} times, not once"
            )
        text = text.replace(before, after)
    (copy / patch.file).write_text(text, encoding="utf-8")


def compile_package(source: Path, package: str, tags: str, output: Path) -> None:
    """
    Compile one program; it appears whole or not at all.

    Args:
        source: Folder of the module.
        package: What to build.
        tags: Build tags, with commas between.
        output: The file to make.

    Raises:
        ToolError: It failed four times.
    """
    unfinished = output.with_name(f".{output.name}.unfinished")
    step(
        ["go", "build", "-trimpath", "-ldflags=-s -w", f"-tags={tags}", "-o", str(unfinished), package],
        source,
        go_environment(),
    )
    unfinished.replace(output)


def go_environment() -> dict[str, str]:
    """The environment for Go: this toolchain, no C, nothing that is not pinned."""
    flags = f"{os.environ.get('GOFLAGS', '')} -buildvcs=false -mod=readonly".strip()
    return {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": flags, "GOWORK": "off"}


def install_debian() -> None:
    """
    Install the Debian packages whose programs are missing, without starting their services.

    Raises:
        ToolError: This is no Debian, we are not root, or it failed four times.
    """
    missing = [package for package, programs in DEBIAN_PROGRAMS.items() if not any(map(find_program, programs))]
    if not missing:
        return
    command = f"apt-get install {' '.join(missing)}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise ToolError(f"the tests need {' and '.join(missing)}: as root, {command}")
    with locked("debian"):
        say(f"debian: {command}")
        # Of the run level of a machine that is being repaired, so that no service starts and takes a port.
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        step(["apt-get", "-qq", "update"], BUILD, quiet)
        step(["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *missing], BUILD, quiet)


def find_program(name: str) -> str | None:
    """
    Find a program on the path or where Debian keeps PostgreSQL's.

    Args:
        name: Of the program.

    Returns:
        Its path, or `None`.
    """
    folders = [
        *os.environ.get("PATH", os.defpath).split(os.pathsep),
        *map(str, Path("/usr/lib/postgresql").glob("*/bin")),
    ]
    return shutil.which(name, path=os.pathsep.join(folders))


def step(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """
    Run one command, again after a pause when it fails.

    Args:
        command: Program and arguments.
        folder: Where to run it.
        environment: All of it.

    Returns:
        What it said.

    Raises:
        ToolError: It failed four times; the message holds the end of what it said.
    """
    said = ""
    for pause_s in (*PAUSES_S, None):
        status, output = attempt(command, folder, environment)
        if status == 0:
            return output
        said = f"it took longer than {STEP_TIMEOUT_S:.0f} s" if status is None else output[-3000:]
        if pause_s is not None:
            say(f"failed, trying again in {pause_s:.0f} s: {' '.join(command)}\n{said}")
            time.sleep(pause_s)
    raise ToolError(f"{' '.join(command)} failed four times; at last it said:\n{said}")


def attempt(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int | None, str]:
    """
    Run one command once, with a line of progress every so many seconds.

    Args:
        command: Program and arguments.
        folder: Where to run it.
        environment: All of it.

    Returns:
        Its exit status, `None` when it took too long and was ended; and what it said.
    """
    began_s = time.monotonic()
    with subprocess.Popen(
        list(command),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        while True:
            try:
                output, _ = process.communicate(timeout=PROGRESS_S)
            except subprocess.TimeoutExpired:
                passed_s = time.monotonic() - began_s
                if passed_s > STEP_TIMEOUT_S:
                    process.kill()
                    return None, ""
                say(f"  … {passed_s:.0f} s: {' '.join(command[:2])} {Path(command[-1]).name}")
            else:
                return process.returncode, output


@contextmanager
def locked(name: str) -> Iterator[None]:
    """
    Let one process at a time make a thing.

    Args:
        name: Of the thing.
    """
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(line: str) -> None:
    """
    Show progress.

    Args:
        line: What is going on.
    """
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
