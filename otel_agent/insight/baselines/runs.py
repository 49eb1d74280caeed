"""
What is kept of a run, and of what it ran on.

A run is a line of JSON: when it was, the environment, and by function its calls, median, two quantiles and a histogram, from which
other quantiles can be had later. Two runs can be compared when their environments agree in what changes speed: interpreter,
processor, number of processors and operating system. Commit and version of this package are kept for people.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = [
    "MOST_FUNCTIONS",
    "FunctionRun",
    "Run",
    "RunEnvironment",
    "RunHistogram",
    "comparable",
    "differences",
    "medians",
]

MOST_FUNCTIONS = 1000
"""Functions kept of one run: those with the most time in all."""

MOST_COMPARED = 30
"""Runs of a baseline that count: the newest."""

_Seconds = Annotated[float, Meta(ge=0)]
_Number = Annotated[int, Meta(ge=0)]


class RunEnvironment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run ran on."""

    python: str
    """Implementation and version, such as "CPython 3.12.1"."""
    system: str
    """Operating system and architecture, such as "Linux x86_64"."""
    cpu: str
    """Model of the processor, as the system names it."""
    cpus: _Number
    """Processors that the process may use."""
    otel_agent: str = ""
    """Version of this package; does not decide whether runs can be compared."""
    commit: str = ""
    """Commit of the repository in the working directory, if any; does not decide either."""


class RunHistogram(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Durations in exponential buckets, as in OpenTelemetry's data model."""

    scale: int
    """How fine: 2^scale buckets for each doubling."""
    offset: int
    """Index of the first bucket; bucket i holds (b^i, b^(i+1)] seconds, where b = 2^(2^-scale)."""
    counts: tuple[_Number, ...]
    """Calls in each bucket, from the first one on."""
    zeros: _Number = 0
    """Calls quicker than the clock can tell."""


class FunctionRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One function in one run; calls that ended with an error are counted and not measured."""

    calls: Annotated[int, Meta(ge=1)]
    """Calls without an error."""
    errors: _Number = 0
    """Calls that ended with an error."""
    total_s: _Seconds
    """Time in all calls together, in seconds."""
    median_s: _Seconds
    """Median duration of a call, in seconds."""
    p90_s: _Seconds
    """What 90 % of the calls do not exceed, in seconds."""
    p99_s: _Seconds
    """What 99 % of the calls do not exceed, in seconds."""
    histogram: RunHistogram
    """Durations of the calls."""


class Run(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run, and one line of a file."""

    format: Literal[1] = 1
    """Version of the format."""
    recorded_at: str
    """When it ended, as in RFC 3339."""
    environment: RunEnvironment
    """What it ran on."""
    functions: dict[str, FunctionRun]
    """By full name."""


def differences(one: RunEnvironment, other: RunEnvironment) -> list[str]:
    """
    Why two environments cannot be compared.

    Args:
        one: The baseline's environment.
        other: The later run's environment.

    Returns:
        A line for each thing that changes speed and differs: "python: CPython 3.11.7, now CPython 3.12.1"; none when they agree.
    """
    return [
        f"{name}: {before}, now {after}"
        for name in ("python", "system", "cpu", "cpus")
        if (before := getattr(one, name)) != (after := getattr(other, name))
    ]


def comparable(runs: "list[Run]", environment: RunEnvironment | None) -> "list[Run]":
    """
    The runs of a baseline that later runs are compared with.

    Args:
        runs: The whole baseline, the oldest first.
        environment: What the later runs ran on; `None`: any will do.

    Returns:
        The newest `MOST_COMPARED` of those whose environment agrees.
    """
    return [each for each in runs if environment is None or not differences(each.environment, environment)][
        -MOST_COMPARED:
    ]


def medians(runs: "list[Run]") -> dict[str, list[float]]:
    """
    Run medians by function.

    Args:
        runs: In any order.

    Returns:
        Seconds; one for each run that has the function.
    """
    found: dict[str, list[float]] = {}
    for run in runs:
        for name, function in run.functions.items():
            found.setdefault(name, []).append(function.median_s)
    return found
