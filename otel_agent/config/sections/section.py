"""
What all sections are: frozen, and without secrets in their text.

A section is a mapping with settings of its own in the tree. An entry is one of many alike, in a list or under a name: it knows
where it stands, and is used as a whole or not at all. Of the keys of a choice exactly one is given.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import UNSET, Struct

from otel_agent.config.kinds import FilledPath
from otel_agent.config.reflection import fields_of
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.config import masking
else:
    masking = late_module("otel_agent.config.masking")  # only `repr` needs masks

__all__ = ["ChoiceSettings", "EntrySettings", "Section"]


class Section(Struct, frozen=True, kw_only=True):
    """Base of every class of the model."""

    def __repr__(self) -> str:
        """The fields with their values, secrets masked: a configuration ends up in tracebacks and logs sooner or later."""
        shown = []
        for name, field in fields_of(type(self)).items():
            value = getattr(self, field.attribute)
            shown.append(f"{name}={value if isinstance(value, Section) else masking.masked(field.kind, value)!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


class EntrySettings(Section, frozen=True, kw_only=True):
    """One of many alike; with anything wrong in it, it is left out as a whole, because half a rule is another rule."""

    alone: ClassVar[str | None] = None
    """The key that a value alone stands for; None: only a mapping is an entry."""

    path: FilledPath = ""
    """Where it stands, such as `alerts.rules[2].threshold`; filled in by the reader."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """What does not fit together in it: the key, and what is wrong and what to do."""
        return iter(())


class ChoiceSettings(EntrySettings, frozen=True, kw_only=True):
    """An entry of which exactly one key is given; the others are `msgspec.UNSET`."""

    @property
    def chosen(self) -> tuple[str, Any]:
        """The key that was given, and its value."""
        return next(
            (name, value)
            for name, field in fields_of(type(self)).items()
            if (value := getattr(self, field.attribute)) is not UNSET
        )
