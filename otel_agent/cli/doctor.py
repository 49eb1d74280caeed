"""
`otel-agent doctor`: will telemetry arrive?

Everything `init` would do is looked at without an agent: the configuration, each receiver (asked with an empty request), the
disk, the libraries. It sends nothing but the empty requests.
"""

import argparse
import json
import os
import platform
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from otel_agent import streams
from otel_agent.config.loading import Loaded, load
from otel_agent.config.sections.export import SIGNALS
from otel_agent.delivery.outcomes import Verdict
from otel_agent.delivery.spool.directories import default_directory
from otel_agent.instruments.libraries.survey import CONFLICT, MISSING, READY, survey
from otel_agent.telemetry.assembly.senders import build_sender
from otel_agent.telemetry.instrumenting import own_conflicts

__all__ = ["configure", "run"]

OK, WARNING, PROBLEM = "ok", "warning", "problem"
TIMEOUT_S = 5.0
NOT_INSTALLED = "not installed"
_SIGNS = {OK: "✓", WARNING: "!", PROBLEM: "✗"}


@dataclass(frozen=True)
class Diagnosis:
    """The result of one check."""

    subject: str
    verdict: str
    """"ok", "warning" or "problem"."""
    message: str


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Add the arguments of the command.

    Args:
        parser: Parser of this command.
    """
    parser.add_argument("--config", help="configuration file; default: the one the agent would read")
    parser.add_argument(
        "--environment", help="environment whose overlay file is merged over the file, such as production"
    )
    parser.add_argument("--endpoint", help="receiver to ask instead of the configured one")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """
    Check versions, configuration, receivers, disk and libraries.

    Args:
        arguments: Parsed arguments of this command.

    Returns:
        0 unless there is a problem.
    """
    given = {name: getattr(arguments, name) for name in ("config", "environment", "endpoint")}
    loaded = load(given)
    found = [
        *_versions(),
        *_configuration(loaded),
        *_sampling(loaded),
        *_receivers(loaded),
        *_disk(loaded),
        *_libraries(loaded),
    ]
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in found], indent=2, ensure_ascii=False))
    else:
        width = max(len(finding.subject) for finding in found)
        for finding in found:
            print(f"{_SIGNS[finding.verdict]} {finding.subject:{width}}  {finding.message}")
    return int(any(finding.verdict == PROBLEM for finding in found))


def _versions() -> Iterator[Diagnosis]:
    names = ("otel-agent", "opentelemetry-api", "opentelemetry-sdk")
    texts = [f"{name} {_version(name)}" for name in names]
    yield Diagnosis("versions", OK, f"Python {platform.python_version()}, {', '.join(texts)}")
    for text in metadata.requires("otel-agent") or ():
        needed = Requirement(text)
        if needed.marker is not None:  # of an extra
            continue
        found = _version(needed.name)
        if found == NOT_INSTALLED or not needed.specifier.contains(found, prereleases=True):
            plain = shlex.quote(str(needed))
            yield Diagnosis(
                "versions",
                PROBLEM,
                f"{needed.name} {found} does not fit, {needed.specifier} is needed: pip install {plain}",
            )


def _sampling(loaded: Loaded) -> Iterator[Diagnosis]:
    sampling = loaded.config.sampling
    path = "sampling.ratio" if sampling.sampler is None else "sampling.sampler"
    share: str | float | None = sampling.ratio if sampling.sampler is None else sampling.argument
    is_never = sampling.sampler in ("always_off", "parentbased_always_off")
    is_by_ratio = sampling.sampler is None or sampling.sampler.endswith("traceidratio")
    if is_never or (is_by_ratio and share is not None and float(share) == 0):
        given = f"{sampling.sampler or share} ({loaded.origins[path]})"
        yield Diagnosis("sampling", WARNING, f"no trace is sampled, so no span is sent: {path} is {given}")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return NOT_INSTALLED


def _configuration(loaded: Loaded) -> Iterator[Diagnosis]:
    for line in loaded.problems:
        yield Diagnosis("configuration", PROBLEM, line)
    for line in loaded.warnings:
        yield Diagnosis("configuration", WARNING, line)
    files = ", ".join(loaded.files) or "no file, only arguments and variables"
    name = loaded.config.service.name
    yield Diagnosis("configuration", OK, f"{name!r} from {loaded.origins['service.name']}; {files}")
    if loaded.config.disabled:
        yield Diagnosis("configuration", WARNING, f"telemetry is disabled ({loaded.origins['disabled']})")


def _receivers(loaded: Loaded) -> Iterator[Diagnosis]:
    export = loaded.config.export
    chosen = {signal: export.destinations(signal, has_terminal=streams.is_terminal(sys.stderr)) for signal in SIGNALS}
    if not any("otlp" in where for where in chosen.values()):
        where = sorted({place for places in chosen.values() for place in places}) or ["nowhere"]
        yield Diagnosis("receiver", WARNING, f"nothing is sent over OTLP; telemetry goes to {', '.join(where)}")
        return
    only_sent = {signal: [place for place in where if place == "otlp"] for signal, where in chosen.items()}
    sender = build_sender(export, only_sent)
    for signal in SIGNALS:
        if sender is None or not only_sent[signal]:
            continue
        answer = sender.send(signal, b"", TIMEOUT_S)
        is_taken = answer.verdict is Verdict.DELIVERED
        said = f"{sender.where(signal)} accepts {signal}" if is_taken else answer.message or answer.problem
        yield Diagnosis(signal, OK if is_taken else PROBLEM, said)
    if sender is not None:
        sender.close()


def _disk(loaded: Loaded) -> Iterator[Diagnosis]:
    spool = loaded.config.spool
    if not spool.enabled:
        yield Diagnosis(
            "spool", WARNING, "disabled: telemetry that cannot be sent in time is lost when the process ends"
        )
        return
    directory = spool.directory or default_directory(os.environ)
    if directory is None:
        yield Diagnosis("spool", PROBLEM, "the user has no home directory; set spool.directory")
        return
    path = Path(directory)
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    if os.access(there, os.W_OK | os.X_OK):
        yield Diagnosis("spool", OK, f"{path}, at most {spool.max_bytes / 1e6:.0f} MB")
    else:
        yield Diagnosis("spool", PROBLEM, f"{path} cannot be created: {there} is not writable; set spool.directory")


def _libraries(loaded: Loaded) -> Iterator[Diagnosis]:
    wanted = loaded.config.instrument.libraries
    if wanted is False:
        yield Diagnosis("libraries", WARNING, f"none are instrumented ({loaded.origins['instrument.libraries']})")
        return
    found = survey(wanted if wanted is True else list(wanted), own_conflicts())
    by_state = {state: [each for each in found if each.state == state] for state in (READY, CONFLICT, MISSING)}
    ready = ", ".join(each.name for each in by_state[READY])
    yield Diagnosis("libraries", OK, f"instrumented when they are imported: {ready or 'none'}")
    for each in by_state[CONFLICT]:
        yield Diagnosis("libraries", WARNING, f"{each.name}: {each.message}")
    if by_state[MISSING]:
        to_install = " ".join(each.install for each in by_state[MISSING] if each.install)
        names = ", ".join(each.name for each in by_state[MISSING])
        yield Diagnosis("libraries", OK, f"installed without their instrumentation: {names}; pip install {to_install}")
