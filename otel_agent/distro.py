"""
For `opentelemetry-instrument` and other distributions: the entry points by which they load this package.

    opentelemetry_distro, opentelemetry_configurator   `opentelemetry-instrument python agent.py` is `otel_agent.init()`
    opentelemetry_post_instrument                      under somebody else's distribution, when `OTEL_AGENT_ATTACH` is true

Under another distribution its providers stay, and this package attaches to them.
"""

import os
from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.distro import BaseDistro  # type: ignore[attr-defined]  # the module is not checked

from otel_agent.config.sources.variables import ATTACH
from otel_agent.guard import guarded
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import otel_agent
else:
    otel_agent = late_module("otel_agent")

__all__ = ["Configurator", "Distro", "attach"]

_FAILED = "otel_agent could not be started; the agent runs unobserved by it"


class Distro(BaseDistro):  # type: ignore[misc]  # the base class has no types
    """Leaves everything to `init`: the environment as it is, and the instrumentations."""

    def _configure(self, **_: Any) -> None:
        """Change nothing."""

    def load_instrumentor(self, entry_point: Any, **_: Any) -> None:
        """Do nothing: `init` has activated what is wanted, each isolated from the others."""


class Configurator:
    """What `opentelemetry-instrument` calls to set the SDK up."""

    def configure(self, **_: Any) -> None:
        """Observe this process. Never raises."""
        with guarded("distro", _FAILED):
            otel_agent.init()


def attach() -> None:
    """Observe a process that another distribution has set up, when `OTEL_AGENT_ATTACH` says so. Never raises."""
    if os.environ.get(ATTACH, "").strip().lower() != "true":
        return
    with guarded("distro", _FAILED):
        otel_agent.init(instrument=False)
