"""
The whole configuration: one frozen tree.

A default stands here or in `sections` and nowhere else. The reference page, the JSON Schema and `otel-agent config` are made
from these classes; the texts below the fields are the texts shown there.
"""

from otel_agent.config.kinds import Name
from otel_agent.config.sections.alerts import AlertsSettings
from otel_agent.config.sections.export import ExportSettings
from otel_agent.config.sections.health import HealthSettings
from otel_agent.config.sections.insight import InsightSettings
from otel_agent.config.sections.instrument import InstrumentSettings
from otel_agent.config.sections.lifecycle import LifecycleSettings
from otel_agent.config.sections.logs import LogsSettings
from otel_agent.config.sections.metrics import MetricsSettings
from otel_agent.config.sections.redaction import RedactSettings
from otel_agent.config.sections.sampling import LimitsSettings, SamplingSettings
from otel_agent.config.sections.section import Section
from otel_agent.config.sections.service import ResourceSettings, ServiceSettings
from otel_agent.config.sections.spool import QueueSettings, SpoolSettings

__all__ = ["Config"]


class Config(Section, frozen=True, kw_only=True):
    """Every setting of otel_agent."""

    service: ServiceSettings = ServiceSettings()
    """What the agent is called."""
    resource: ResourceSettings = ResourceSettings()
    """What is said about the agent beyond its name."""
    export: ExportSettings = ExportSettings()
    """Where telemetry goes and how."""
    propagators: tuple[Name, ...] = ("tracecontext", "baggage")
    """How the context crosses processes, in order; `[none]`: not at all."""
    sampling: SamplingSettings = SamplingSettings()
    """Which traces leave."""
    limits: LimitsSettings = LimitsSettings()
    """Bounds of one span or log record."""
    instrument: InstrumentSettings = InstrumentSettings()
    """What is instrumented without a line in the agent's code."""
    metrics: MetricsSettings = MetricsSettings()
    """Collection and sending of metrics."""
    alerts: AlertsSettings = AlertsSettings()
    """Rules that watch what is measured, and who is told."""
    health: HealthSettings = HealthSettings()
    """Probes."""
    insight: InsightSettings = InsightSettings()
    """What the telemetry says about the agent."""
    logs: LogsSettings = LogsSettings()
    """What becomes of log records."""
    spool: SpoolSettings = SpoolSettings()
    """The disk that takes what cannot be sent in time."""
    redact: RedactSettings = RedactSettings()
    """What must not leave the process."""
    queue: QueueSettings = QueueSettings()
    """Memory between the agent and the delivery thread."""
    lifecycle: LifecycleSettings = LifecycleSettings()
    """The end of the process."""
    strict: bool = False
    """Whether mistakes in the set-up raise `OtelAgentError`; false: they are said, and the rest works."""
    disabled: bool = False
    """Whether everything is off, as with `OTEL_SDK_DISABLED=true`."""
