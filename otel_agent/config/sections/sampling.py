"""Which traces leave, and how large a span may be: `sampling` and `limits`."""

from otel_agent.config.kinds import Name, NotNegative, Seconds, Share, Whole
from otel_agent.config.sections.section import Section

__all__ = ["LimitsSettings", "SamplingSettings"]


class SamplingSettings(Section, frozen=True, kw_only=True):
    """Which traces leave; durations and alerts are measured before sampling."""

    ratio: Share = 1.0
    """Share of traces that are exported, from 0 to 1, decided at the root by trace id; children follow their parent."""
    sampler: Name | None = None
    """
    Name of a sampler, as in `OTEL_TRACES_SAMPLER`: always_on, always_off, traceidratio, their parentbased_ forms, or an entry
    point `opentelemetry_traces_sampler`. It takes the place of `ratio`. None: `ratio` decides.
    """
    argument: str | None = None
    """Argument of `sampler`, as in `OTEL_TRACES_SAMPLER_ARG`; for traceidratio a ratio. None: the sampler's own default."""
    calls_per_s: NotNegative | None = None
    """Most spans a second of one function, the rest is only counted; None: no bound."""
    keep_errors: bool = False
    """
    Whether a trace that is not sampled is exported all the same when a span in it failed. Then every span is recorded and held
    until its trace ends, and what is not sampled costs as much as what is.
    """
    keep_slower_than_s: Seconds | None = None
    """The same for a trace with a span that took longer, in seconds; None: duration does not matter."""


class LimitsSettings(Section, frozen=True, kw_only=True):
    """Bounds of one span or log record; what is beyond is dropped and counted."""

    attributes: Whole = 128
    """Most attributes of a span."""
    attribute_length: Whole | None = None
    """Longest text of a span's attribute, in characters; the rest is cut off. None: no bound."""
    events: Whole = 128
    """Most events of a span."""
    links: Whole = 128
    """Most links of a span."""
    event_attributes: Whole = 128
    """Most attributes of an event."""
    link_attributes: Whole = 128
    """Most attributes of a link."""
    log_attributes: Whole = 128
    """Most attributes of a log record."""
    log_attribute_length: Whole | None = None
    """Longest text of a log record's attribute, in characters; the rest is cut off. None: no bound."""
