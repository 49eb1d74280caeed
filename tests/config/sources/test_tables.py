"""Which variables of the specification stand for which settings."""

from otel_agent.config.sources.tables import LISTS, MILLISECONDS, TEXTS, effects
from otel_agent.config.tree import leaves


def test_every_table_speaks_of_settings_there_are() -> None:
    """A setting that was renamed would lose its variables in silence."""
    paths = [path for path, _, _ in effects()]

    assert set() == {*TEXTS, *MILLISECONDS, *LISTS, *paths} - set(leaves())
    assert len(paths) == len({(path, names) for path, names, _ in effects()})


def test_the_most_specific_variable_comes_first() -> None:
    """A limit for spans before that for all."""
    names = {path: names for path, names, _ in effects()}

    assert ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT") == names["limits.attributes"]
