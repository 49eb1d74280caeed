"""The catalogue is complete, regular, and agrees with the semantic conventions."""

import re
from pathlib import Path

import pytest
from opentelemetry.semconv._incubating.metrics import cpython_metrics, db_metrics, process_metrics, system_metrics

from otel_agent import catalog
from otel_agent.catalog.records import OURS

KINDS = {
    "counter": catalog.InstrumentKind.COUNTER,
    "updowncounter": catalog.InstrumentKind.UP_DOWN_COUNTER,
    "gauge": catalog.InstrumentKind.GAUGE,
    "histogram": catalog.InstrumentKind.HISTOGRAM,
}


def described() -> dict[str, tuple[str, str]]:
    """InstrumentKind and unit of each conventional metric, as the docstrings below the constants say."""
    pattern = re.compile(
        r'^\w+: Final = "(?P<name>[\w.]+)"\n""".*?Instrument: (?P<kind>\w+)\nUnit: (?P<unit>\S+)',
        re.DOTALL | re.MULTILINE,
    )
    found = {}
    for module in (cpython_metrics, db_metrics, process_metrics, system_metrics):
        assert module.__file__
        for match in pattern.finditer(Path(module.__file__).read_text()):
            found[match["name"]] = (match["kind"], match["unit"])
    return found


@pytest.mark.parametrize("name", sorted(set(described()) & set(catalog.METRICS)))
def test_conventional_metrics_have_the_conventional_kind_and_unit(name: str) -> None:
    """A metric of the semantic conventions is what the conventions say."""
    kind, unit = described()[name]
    metric = catalog.METRICS[name]

    assert (KINDS[kind], unit) == (metric.kind, metric.unit)
    assert OURS != metric.source


@pytest.mark.parametrize("metric", catalog.METRICS.values(), ids=lambda metric: metric.name)
def test_names_without_a_convention_carry_our_prefix(metric: catalog.Metric) -> None:
    """What is not ours is named by somebody else's document, and the other way round."""
    is_prefixed = metric.name.startswith(("agent.", "otel_agent."))

    assert is_prefixed == (metric.source == OURS)


@pytest.mark.parametrize("metric", catalog.METRICS.values(), ids=lambda metric: metric.name)
def test_every_metric_says_in_a_sentence_what_it_means(metric: catalog.Metric) -> None:
    """A description is a sentence, and a unit is never missing."""
    assert not metric.description[0].islower()
    assert metric.description.endswith(".")
    assert metric.unit


def test_names_are_unique() -> None:
    """No metric is described twice."""
    names = [metric.name for group in catalog.GROUPS.values() for metric in group]

    assert sorted(set(names)) == sorted(names)


def test_the_catalogue_imports_neither_opentelemetry_nor_psutil() -> None:
    """Rules, documentation and tests can read it at no cost."""
    assert catalog.__file__
    sources = [path.read_text() for path in Path(catalog.__file__).parent.glob("*.py")]
    foreign = [
        line
        for text in sources
        for line in re.findall(r"^\s*(?:import|from) (?:opentelemetry|psutil).*", text, re.MULTILINE)
    ]

    assert [] == foreign
