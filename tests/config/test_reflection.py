"""What a class of the model consists of."""

from typing import Any, Literal

import pytest
from msgspec import NODEFAULT, structs

from otel_agent.config.kinds import Duration, Share
from otel_agent.config.model import Config
from otel_agent.config.reflection import can_be_off, fields_of, has_mark, is_section, members, metas
from otel_agent.config.sections import alert_rules, notifications
from otel_agent.config.sections.alerts import AlertsSettings
from otel_agent.config.sections.notifications import RouteSettings
from otel_agent.config.tree import sections

CLASSES = [
    *sections().values(),
    *(getattr(module, name) for module in (alert_rules, notifications) for name in module.__all__),
]


@pytest.mark.parametrize("struct", CLASSES, ids=lambda struct: struct.__name__)
def test_fields_are_those_msgspec_knows(struct: Any) -> None:
    """Keys, kinds and defaults, of inherited fields too, without what the reader fills in."""
    expected = {
        field.encode_name: (
            field.type,
            field.default if field.default_factory is NODEFAULT else field.default_factory(),
            field.name,
        )
        for field in structs.fields(struct)
        if field.name != "path" or struct is not RouteSettings
    }
    found = {name: (field.kind, field.default, field.attribute) for name, field in fields_of(struct).items()}

    assert {name: expected[name] for name in found} == found
    assert set(expected) - set(found) <= {"path"}


def test_a_key_may_have_another_attribute() -> None:
    """`continue` is a word of Python's."""
    assert "is_continued" == fields_of(RouteSettings)["continue"].attribute
    assert fields_of(RouteSettings)["to"].default is NODEFAULT


def test_a_kind_in_quotes_is_looked_up_when_it_is_asked_for() -> None:
    """So that an agent without alerts does not load what rules are made of."""
    field = fields_of(AlertsSettings)["rules"]

    assert "tuple[alert_rules.RuleChoiceSettings, ...]" == field.annotation
    assert tuple[alert_rules.RuleChoiceSettings, ...] == field.kind


@pytest.mark.parametrize(
    ("kind", "is_off"),
    [
        (Share | None, True),
        (tuple[int, ...] | None, True),
        (Literal["a"] | None, True),
        (Share, False),
        (str | None, False),
        (bool | None, False),
        (dict[str, int] | None, False),
        (Duration | None, False),
        (Config | None, False),
    ],
)
def test_off_means_none_where_it_can_mean_nothing_else(kind: Any, *, is_off: bool) -> None:
    """Numbers, choices and lists that may be absent; a string or a boolean may be off itself."""
    assert is_off == can_be_off(kind)


def test_a_kind_is_taken_apart() -> None:
    """Members of a union, annotations, and marks among them."""
    assert (Share, type(None)) == members(Share | None)
    assert (float, 1) == (metas(Share)[0], len(metas(Share)[1]))
    assert (True, False) == (has_mark(Duration | None, "length"), has_mark(Share, "length"))
    assert (True, False) == (is_section(Config), is_section(Share))
