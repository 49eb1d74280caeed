"""From a metric as instruments name it to a selector."""

from collections.abc import Mapping
from dataclasses import dataclass

from otel_agent.alerts.shorthand.fields import Fields, quoted
from otel_agent.catalog import METRICS, InstrumentKind
from otel_agent.series.naming import Naming, label_name, metric_name

__all__ = ["Watched", "watched"]

KINDS = ("counter", "gauge", "updowncounter", "histogram")


@dataclass(frozen=True)
class Watched:
    """A metric that a rule reads."""

    name: str
    """As series have it."""
    kind: str
    """One of `KINDS`; "unknown" when nothing tells."""
    conditions: str
    """Conditions on labels, without braces."""

    def selector(self, suffix: str = "", more: str = "") -> str:
        """
        A selector.

        Args:
            suffix: Of the name: "_count".
            more: A further condition.
        """
        inside = ", ".join(part for part in (self.conditions, more) if part)
        braces = f"{{{inside}}}" if inside else ""
        return f"{self.name}{suffix}{braces}"


def watched(fields: Fields, naming: Naming) -> Watched:
    """
    Read `metric`, `where`, `kind` and `unit` of an entry.

    Args:
        fields: The entry.
        naming: Which translation.

    Returns:
        What to read. A name of the catalogue brings its kind and unit; a name without dots is taken as Prometheus's own.
    """
    name = str(fields.text("metric") or "unnamed")
    kind, unit = fields.text("kind", None), fields.text("unit", None)
    known = METRICS.get(name)
    if known is not None:
        kind = kind or (known.kind.value if known.kind is not InstrumentKind.EXPONENTIAL_HISTOGRAM else "histogram")
        unit = known.unit if unit is None else unit
    if kind is not None and kind not in KINDS:
        fields.say("kind", f"expected one of {', '.join(KINDS)}, found {kind!r}")
    conditions = _conditions(fields.texts("where"), naming)
    if "." not in name:
        return Watched(name, kind or ("counter" if name.endswith("_total") else "unknown"), conditions)
    translated = metric_name(name, unit or "", is_gauge=kind == "gauge", is_counter=kind == "counter", naming=naming)
    return Watched(translated, kind or "unknown", conditions)


def _conditions(where: Mapping[str, str], naming: Naming) -> str:
    parts = []
    for name, value in where.items():
        match, text = ("=~", value[1:]) if value.startswith("~") else ("=", value)
        parts.append(f"{label_name(name, naming)}{match}{quoted(text)}")
    return ", ".join(parts)
