"""What all sections are."""

from typing import ClassVar

import pytest

from otel_agent.config.sections.section import ChoiceSettings, EntrySettings, Section
from otel_agent.config.sections.service import ResourceSettings


class BadgeSettings(EntrySettings, frozen=True, kw_only=True):
    """An entry that a value alone stands for."""

    alone: ClassVar[str | None] = "number"

    number: int = 0


class GateSettings(ChoiceSettings, frozen=True, kw_only=True):
    """A choice of two, of which the second was given."""

    code: str | None = None
    badge: BadgeSettings = BadgeSettings()


def test_a_section_s_text_masks_what_sounds_like_a_secret() -> None:
    """A configuration ends up in tracebacks and logs sooner or later; sections within it are shown too."""

    class Outer(Section, frozen=True, kw_only=True):
        resource: ResourceSettings = ResourceSettings()

    shown = repr(Outer(resource=ResourceSettings(attributes={"api_key": "s3cret", "team": "core"})))

    assert "Outer(resource=ResourceSettings(attributes={'api_key': '***', 'team': 'core'}, detectors=[]))" == shown


def test_sections_are_frozen_and_equal_by_value() -> None:
    """Whoever holds one can rely on it."""
    one = BadgeSettings(number=7)

    assert BadgeSettings(number=7) == one
    with pytest.raises(AttributeError):
        one.number = 8  # type: ignore[misc]  # that is the point


def test_an_entry_has_nothing_to_say_by_itself() -> None:
    """Kinds say what does not fit together in them."""
    assert [] == list(BadgeSettings().problems())


def test_a_choice_gives_its_one_key() -> None:
    """And the value that was given for it."""
    assert ("code", None) == GateSettings().chosen
