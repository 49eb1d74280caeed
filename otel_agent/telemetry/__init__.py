"""
The one place that knows every part and puts them together; the only one to set globals.

    starting     `init`: arguments become a configuration, a configuration becomes one `Telemetry`; once a process
    parts        every part built from the configuration, in the order in which data travels
    installing   what reaches outside the package: OpenTelemetry's globals, hooks, instrumentations
    facade       `Telemetry`: what the agent holds
"""

from otel_agent.telemetry.facade import Telemetry
from otel_agent.telemetry.starting import init

__all__ = ["Telemetry", "init"]
