"""
The names Prometheus shows for OpenTelemetry's metrics and attributes.

Rules name metrics as Prometheus does after the translation every OTLP receiver of Prometheus makes, so that one rule file
serves both places. Other paths translate otherwise: Python's own Prometheus exporter adds no `_ratio`, and Prometheus can be
told to keep dots. `Naming` says which.

Source: https://github.com/prometheus/otlptranslator
"""

import re
from enum import Enum
from functools import lru_cache

__all__ = ["Naming", "label_name", "metric_name"]


class Naming(Enum):
    """Which translation the rules are written for."""

    OTLP = "otlp"
    """Underscores and suffixes: `system_memory_utilization_ratio`. What Prometheus does unless told otherwise."""
    PYTHON_EXPORTER = "python-exporter"
    """As `OTLP` without `_ratio`: what `opentelemetry-exporter-prometheus` shows."""
    UTF8 = "utf8"
    """Dots stay, suffixes are added: `system.memory.utilization_ratio`."""


_UNITS = {
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds",
    "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes", "TiBy": "tibibytes",
    "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes", "m": "meters", "V": "volts",
    "A": "amperes", "J": "joules", "W": "watts", "g": "grams", "Cel": "celsius", "Hz": "hertz", "1": "", "%": "percent",
}  # fmt: skip
_PER_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}
_BRACES = re.compile(r"\{[^}]*\}")
_NOT_NAME = re.compile(r"[^a-zA-Z0-9:]+")
_NOT_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_NOT_UNIT = re.compile(r"[^a-zA-Z0-9]+")


@lru_cache(maxsize=4096)
def metric_name(
    name: str, unit: str = "", *, is_gauge: bool = False, is_counter: bool = False, naming: Naming = Naming.OTLP
) -> str:
    """
    Translate a metric's name.

    Args:
        name: Name of the instrument: "system.memory.utilization".
        unit: Unit of the instrument, in UCUM: "By", "s", "1", "{request}".
        is_gauge: Whether it is a gauge; sums that may fall are none.
        is_counter: Whether it is a sum that only grows.
        naming: Translation to use.

    Returns:
        The name without what a histogram's parts add.
    """
    suffixes = [word for word in _unit_words(unit) if word]
    if naming is Naming.UTF8:
        return _with_suffixes_utf8(name, suffixes, is_counter=is_counter, is_ratio=unit == "1" and is_gauge)
    tokens = [word for word in _NOT_NAME.split(name) if word]
    for word in suffixes:
        if word not in tokens:
            tokens.extend(word.split(" "))
    if is_counter:
        tokens = [*(word for word in tokens if word != "total"), "total"]
    if unit == "1" and is_gauge and naming is Naming.OTLP:
        tokens = [*(word for word in tokens if word != "ratio"), "ratio"]
    joined = "_".join(tokens)
    return f"_{joined}" if joined[:1].isdigit() else joined


def _unit_words(unit: str) -> list[str]:
    main, _, per = _BRACES.sub("", unit.strip()).partition("/")
    main, per = main.strip(), per.strip()
    words = ["_".join(word for word in _NOT_UNIT.split(_UNITS.get(main, main)) if word)]
    if per:
        words.append(f"per {_NOT_UNIT.sub('_', _PER_UNITS.get(per, per)).strip('_')}")
    return words


def _with_suffixes_utf8(name: str, suffixes: list[str], *, is_counter: bool, is_ratio: bool) -> str:
    ends = [word.replace(" ", "_") for word in suffixes if not name.endswith(word.replace(" ", "_"))]
    if is_counter and not name.endswith("total"):
        ends.append("total")
    if is_ratio and not name.endswith("ratio"):
        ends.append("ratio")
    return "_".join([name, *ends])


@lru_cache(maxsize=4096)
def label_name(name: str, naming: Naming = Naming.OTLP) -> str:
    """
    Translate an attribute's name.

    Args:
        name: Name of the attribute: "http.route".
        naming: Translation to use.
    """
    if naming is Naming.UTF8:
        return name
    clean = _NOT_LABEL.sub("_", name)
    if clean[:1].isdigit():
        return f"key_{clean}"
    if clean.startswith("_") and not clean.startswith("__"):
        return f"key{clean}"
    return clean
