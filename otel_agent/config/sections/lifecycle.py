"""The end of the process, and signals: `lifecycle`."""

from typing import Literal

from otel_agent.config.kinds import NotNegative
from otel_agent.config.sections.section import Section

__all__ = ["LifecycleSettings"]


class LifecycleSettings(Section, frozen=True, kw_only=True):
    """The end of the process."""

    shutdown_timeout_s: NotNegative = 2.0
    """Longest time everything of ours takes at exit, in seconds; 0: what waits goes to the spool at once."""
    signals: Literal["auto", "off"] = "auto"
    """`auto`: SIGTERM is seen, telemetry made safe, and the agent's own handler called; `off`: signals are not touched."""
    on_hangup: Literal["auto", "reload", "end"] = "auto"
    """
    What SIGHUP means when the agent has no handler of its own: `reload`: read the configuration again; `end`: as SIGTERM; `auto`:
    `reload` where there is a configuration file and no terminal, as for daemons, otherwise `end`.
    """
