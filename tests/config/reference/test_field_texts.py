"""Every field says below it what it means."""

from typing import Any

import pytest

from otel_agent.config.reference.field_texts import described
from otel_agent.config.reflection import fields_of, is_section
from otel_agent.config.sections import alert_rules, notifications
from otel_agent.config.sections.export import ResolvedExportSettings
from otel_agent.config.sections.logs import LogFileSettings
from otel_agent.config.tree import sections

ENTRIES = [getattr(module, name) for module in (alert_rules, notifications) for name in module.__all__]


@pytest.mark.parametrize(
    "struct",
    [*sections().values(), *ENTRIES, LogFileSettings, ResolvedExportSettings],
    ids=lambda struct: struct.__name__,
)
def test_every_field_says_what_it_means(struct: Any) -> None:
    """Meaning, unit and what None or 0 means stand below the field; one that can be None says what that means."""
    texts = described(struct)

    assert list(fields_of(struct)) == list(texts)
    assert [] == [name for name, text in texts.items() if not text.endswith(".")]
    silent = [
        name
        for name, field in fields_of(struct).items()
        if not is_section(field.kind) and field.default is None and "None" not in texts[name]
    ]
    assert [] == silent
