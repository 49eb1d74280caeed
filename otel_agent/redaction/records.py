"""Log records without their secrets: bodies with their arguments, attributes, exceptions; of our bridge and of anybody's."""

import copy
from collections.abc import Sequence
from typing import Any

from otel_agent.guard import shared
from otel_agent.redaction.origins import Origins, Veil, flat
from otel_agent.redaction.values import FAILED, Values

__all__ = ["clean_records"]


def clean_records(items: Sequence[Any], values: Values, origins: Origins) -> Sequence[Any]:
    """
    Log records without their secrets. Never raises.

    Args:
        items: Entries of the bridge (recognised by their `place`) and the SDK's `ReadableLogRecord`s, mixed.
        values: Cleans values.
        origins: Cleans resources and scopes.

    Returns:
        The same sequence when nothing had to change, otherwise a list with copies in place of what did.
    """
    changed: dict[int, Any] = {}
    for position, record in enumerate(items):
        try:
            is_entry = getattr(record, "place", None) is not None
            kept = _entry(record, values, origins) if is_entry else _foreign(record, values, origins)
        except Exception as error:  # noqa: BLE001 - what cannot be looked at does not leave
            shared.report("redaction", "a log record could not be checked for secrets; its content was left out", error)
            kept = _bare(record)
        if kept is not record:
            changed[position] = kept
    return [changed.get(position, record) for position, record in enumerate(items)] if changed else items


def _entry(entry: Any, values: Values, origins: Origins) -> Any:
    body = entry.body
    text = values.text(body)
    attributes = entry.attributes
    kept = values.mapping(attributes) if attributes else attributes
    resource = origins.clean(entry.resource)
    if text is body and kept is attributes and resource is entry.resource:
        return entry
    cleaned = copy.copy(entry)
    cleaned.body = text
    cleaned.attributes = kept
    cleaned.resource = resource
    return cleaned


def _foreign(readable: Any, values: Values, origins: Origins) -> Any:
    record = readable.log_record
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
    outer: dict[str, Any] = {"log_record": Veil(record, **replaced)} if replaced else {}
    for part in ("resource", "instrumentation_scope"):
        origin = getattr(readable, part)
        kept = origins.clean(origin)
        if kept is not origin:
            outer[part] = kept
    return Veil(readable, **outer) if outer else readable


def _bare(record: Any) -> Any:
    if getattr(record, "place", None) is not None:
        cleaned = copy.copy(record)
        cleaned.body, cleaned.attributes = FAILED, None
        return cleaned
    return Veil(record, log_record=Veil(record.log_record, body=FAILED, attributes=None, event_name=None))
