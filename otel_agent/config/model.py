"""
The whole configuration: one frozen tree.

A default stands here or in `sections` and nowhere else. The reference page, the JSON Schema and `otel-agent config` are made
from these classes; the texts below the fields are the texts shown there.
"""

from otel_agent.config.kinds import Name
from otel_agent.config.sections.export import Export
from otel_agent.config.sections.keeping import Lifecycle, Logs, Queue, Redact, Spool
from otel_agent.config.sections.measuring import Alerts, Health, Metrics
from otel_agent.config.sections.section import Section
from otel_agent.config.sections.service import Resource, Service
from otel_agent.config.sections.tracing import Instrument, Limits, Sampling

__all__ = ["Config"]


class Config(Section, frozen=True, kw_only=True):
    """Every setting of otel_agent."""

    service: Service = Service()
    """What the agent is called."""
    resource: Resource = Resource()
    """What is said about the agent beyond its name."""
    export: Export = Export()
    """Where telemetry goes and how."""
    propagators: tuple[Name, ...] = ("tracecontext", "baggage")
    """How the context crosses processes, in order; `[none]`: not at all."""
    sampling: Sampling = Sampling()
    """Which traces leave."""
    limits: Limits = Limits()
    """Bounds of one span or log record."""
    instrument: Instrument = Instrument()
    """What is instrumented without a line in the agent's code."""
    metrics: Metrics = Metrics()
    """Collection and sending of metrics."""
    alerts: Alerts = Alerts()
    """Rules that watch what is measured, and who is told."""
    health: Health = Health()
    """Probes."""
    logs: Logs = Logs()
    """What becomes of log records."""
    spool: Spool = Spool()
    """The disk that takes what cannot be sent in time."""
    redact: Redact = Redact()
    """What must not leave the process."""
    queue: Queue = Queue()
    """Memory between the agent and the delivery thread."""
    lifecycle: Lifecycle = Lifecycle()
    """The end of the process."""
    strict: bool = False
    """Whether mistakes in the set-up raise `OtelAgentError`; false: they are said, and the rest works."""
    disabled: bool = False
    """Whether everything is off, as with `OTEL_SDK_DISABLED=true`."""
