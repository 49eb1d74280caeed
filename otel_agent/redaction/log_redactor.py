"""The redactor of log records: bodies with their arguments, attributes, exceptions; of our bridge and of anybody's."""

import copy
from collections.abc import Sequence
from typing import Any

from otel_agent.guard import shared
from otel_agent.redaction.message_templates import MessageTemplates
from otel_agent.redaction.redacted_view import RedactedView, flat
from otel_agent.redaction.resource_redactor import ResourceRedactor
from otel_agent.redaction.value_redactor import FAILED, NUMBERS, ValueRedactor

__all__ = ["LogRedactor"]

_LARGE = 10**11
"""Whole numbers from here on have as many digits as a card's number."""


class LogRedactor:
    """
    Cleans batches of log records and remembers which templates are harmless.

    Args:
        values: Cleans values.
        resources: Cleans resources and scopes.
        templates: Judges messages with placeholders.
    """

    def __init__(self, values: ValueRedactor, resources: ResourceRedactor, templates: MessageTemplates) -> None:
        self._values = values
        self._resources = resources
        self._templates = templates

    def clean(self, items: Sequence[Any]) -> Sequence[Any]:
        """
        Log records without their secrets. Never raises.

        Args:
            items: Entries of the bridge (recognised by their `place`) and the SDK's `ReadableLogRecord`s, mixed.

        Returns:
            The same sequence when nothing had to change, otherwise a list with copies in place of what did.
        """
        changed: dict[int, Any] = {}
        for position, record in enumerate(items):
            try:
                is_entry = getattr(record, "place", None) is not None
                kept = self._entry(record) if is_entry else self._foreign(record)
            except Exception as error:  # noqa: BLE001 - what cannot be looked at does not leave
                shared.report(
                    "redaction", "a log record could not be checked for secrets; its content was left out", error
                )
                kept = _bare(record)
            if kept is not record:
                changed[position] = kept
        return [changed.get(position, record) for position, record in enumerate(items)] if changed else items

    def _entry(self, entry: Any) -> Any:
        values = self._values
        attributes, resource, logger = entry.attributes, entry.resource, entry.logger
        named = logger if logger in values.clean_texts else values.value("", logger)
        kept = values.attributes(attributes) if attributes else attributes
        origin = self._resources.clean(resource)
        arguments = entry.arguments
        if arguments is not None and self._templates.is_inert(entry.message) and self._are_clean(arguments):
            if kept is attributes and origin is resource and named is logger:
                return entry
            body = text = entry.body
        else:
            body = entry.body
            text = values.text(body) if body.__class__ is str else values.value("", body)
            if text is body and kept is attributes and origin is resource and named is logger:
                return entry
        cleaned = copy.copy(entry)
        cleaned.body, cleaned.attributes, cleaned.resource, cleaned.logger = text, kept, origin, named
        return cleaned

    def _are_clean(self, arguments: tuple[Any, ...]) -> bool:
        text, known = self._values.text, self._values.clean_texts
        for value in arguments:
            kind = value.__class__
            if kind is str:
                if value not in known and text(value) is not value:
                    return False
            elif kind not in NUMBERS or (kind is int and value >= _LARGE):
                return False
        return True

    def _foreign(self, readable: Any) -> Any:
        values, record = self._values, readable.log_record
        replaced = {}
        before = flat(record.attributes)
        attributes = values.mapping(before)
        if attributes is not before:
            replaced["attributes"] = attributes
        for part in ("body", "event_name", "severity_text"):
            content = getattr(record, part, None)
            if content is not None:
                cleaned = values.value("", content)
                if cleaned is not content:
                    replaced[part] = cleaned
        outer: dict[str, Any] = {"log_record": RedactedView(record, **replaced)} if replaced else {}
        for part in ("resource", "instrumentation_scope"):
            origin = getattr(readable, part)
            kept = self._resources.clean(origin)
            if kept is not origin:
                outer[part] = kept
        return RedactedView(readable, **outer) if outer else readable


def _bare(record: Any) -> Any:
    if getattr(record, "place", None) is not None:
        cleaned = copy.copy(record)
        cleaned.body, cleaned.attributes = FAILED, None
        return cleaned
    return RedactedView(
        record, log_record=RedactedView(record.log_record, body=FAILED, attributes=None, event_name=None)
    )
