"""Runs to test with."""

from typing import Any

from otel_agent.insight.baselines.runs import FunctionRun, Run, RunEnvironment, RunHistogram

HERE = RunEnvironment(python="CPython 3.12.1", system="Linux x86_64", cpu="Model 7", cpus=2)


def a_run(
    environment: RunEnvironment = HERE, recorded_at: str = "2026-12-01T12:00:00.000+00:00", **medians_s: Any
) -> Run:
    """A run with a function for each keyword, which has its median in seconds."""
    return Run(
        recorded_at=recorded_at,
        environment=environment,
        functions={
            name: FunctionRun(
                calls=3,
                total_s=3 * median_s,
                median_s=median_s,
                p90_s=median_s,
                p99_s=median_s,
                histogram=RunHistogram(scale=6, offset=-640, counts=(1, 2)),
            )
            for name, median_s in medians_s.items()
        },
    )
