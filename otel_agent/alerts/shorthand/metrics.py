"""From a metric as instruments name it to a selector."""

from collections.abc import Mapping
from dataclasses import dataclass

from otel_agent.alerts.shorthand.drafts import quoted
from otel_agent.catalog import METRICS, InstrumentKind
from otel_agent.config.sections.alert_rules import MetricRuleSettings
from otel_agent.series.naming import Naming, label_name, metric_name

__all__ = ["Watched", "watched"]


@dataclass(frozen=True)
class Watched:
    """A metric that a rule reads."""

    name: str
    """As series have it."""
    kind: str
    """counter, gauge, updowncounter or histogram; "unknown" when nothing tells."""
    conditions: str
    """Conditions on labels, without braces."""
    unit: str = ""
    """Unit of the instrument; empty when nothing tells."""

    @property
    def is_ratio(self) -> bool:
        """Whether its values are shares, read as percentages: by the unit 1 of a gauge, or by the name."""
        if self.kind == "counter":
            return False
        ends = ("_ratio", "_utilization")
        return self.name.endswith(ends) or (self.unit == "1" and self.kind == "gauge")

    def selector(self, suffix: str = "", more: str = "") -> str:
        """
        A selector.

        Args:
            suffix: End of the name: "_count".
            more: A further condition: 'le="1"'.
        """
        inside = ", ".join(part for part in (self.conditions, more) if part)
        braces = f"{{{inside}}}" if inside else ""
        return f"{self.name}{suffix}{braces}"


def watched(settings: MetricRuleSettings, naming: Naming) -> Watched:
    """
    Read `metric`, `where`, `kind` and `unit` of an entry.

    Args:
        settings: The entry.
        naming: Which translation of metric names the selector is written in.

    Returns:
        What to read. A name of the catalogue brings its kind and unit; a name without dots is taken as Prometheus's own.
    """
    name, unit = settings.metric, settings.unit
    kind: str | None = settings.kind
    known = METRICS.get(name)
    if known is not None:
        kind = kind or (known.kind.value if known.kind is not InstrumentKind.EXPONENTIAL_HISTOGRAM else "histogram")
        unit = known.unit if unit is None else unit
    conditions = _conditions(settings.where, naming)
    if "." not in name:
        return Watched(name, kind or ("counter" if name.endswith("_total") else "unknown"), conditions, unit or "")
    translated = metric_name(name, unit or "", is_gauge=kind == "gauge", is_counter=kind == "counter", naming=naming)
    return Watched(translated, kind or "unknown", conditions, unit or "")


def _conditions(where: Mapping[str, str], naming: Naming) -> str:
    parts = []
    for name, value in where.items():
        match, text = ("=~", value[1:]) if value.startswith("~") else ("=", value)
        parts.append(f"{label_name(name, naming)}{match}{quoted(text)}")
    return ", ".join(parts)
