"""
The redactor of metrics: attributes of points, of exemplars, of resources and scopes.

Points are the SDK's frozen data classes; those that change are replaced, with everything above them.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from otel_agent.guard import shared
from otel_agent.redaction.redacted_view import flat
from otel_agent.redaction.resource_redactor import ResourceRedactor
from otel_agent.redaction.value_redactor import ValueRedactor

__all__ = ["MetricRedactor"]


class MetricRedactor:
    """
    Cleans collections of metrics.

    Args:
        values: Cleans attributes.
        resources: Cleans resources and scopes.
    """

    def __init__(self, values: ValueRedactor, resources: ResourceRedactor) -> None:
        self._values = values
        self._resources = resources

    def clean(self, items: Sequence[Any]) -> Sequence[Any]:
        """
        Collections of metrics without their secrets. Never raises; a metric that cannot be looked at is left out.

        Args:
            items: The SDK's `MetricsData`.

        Returns:
            The same sequence when nothing had to change.
        """
        return _all(items, self._data)

    def _data(self, data: Any) -> Any:
        return _replaced(data, resource_metrics=_all(data.resource_metrics, self._resource))

    def _resource(self, metrics: Any) -> Any:
        return _replaced(
            metrics,
            resource=self._resources.clean(metrics.resource),
            scope_metrics=_all(metrics.scope_metrics, self._scope),
        )

    def _scope(self, metrics: Any) -> Any:
        return _replaced(
            metrics, scope=self._resources.clean(metrics.scope), metrics=_all(metrics.metrics, self._metric)
        )

    def _metric(self, metric: Any) -> Any:
        data = metric.data
        points = _all(data.data_points, self._point)
        kept = metric if points is data.data_points else _replaced(metric, data=_replaced(data, data_points=points))
        value = self._values.value
        return _replaced(
            kept, name=value("", metric.name), description=value("", metric.description), unit=value("", metric.unit)
        )

    def _point(self, point: Any) -> Any:
        attributes, exemplars = self._attributes(point.attributes), getattr(point, "exemplars", None)
        kept = _all(exemplars, self._exemplar) if exemplars else exemplars
        if attributes is point.attributes and kept is exemplars:
            return point
        return dataclasses.replace(point, attributes=attributes, **({"exemplars": kept} if exemplars else {}))

    def _exemplar(self, exemplar: Any) -> Any:
        return _replaced(exemplar, filtered_attributes=self._attributes(exemplar.filtered_attributes))

    def _attributes(self, attributes: Any) -> Any:
        if not attributes:
            return attributes
        before = flat(attributes)
        cleaned = self._values.mapping(before)
        return attributes if cleaned is before else cleaned


def _replaced(record: Any, **parts: Any) -> Any:
    if all(getattr(record, name) is part for name, part in parts.items()):
        return record
    return dataclasses.replace(record, **parts)


def _all(items: Sequence[Any], clean: Callable[[Any], Any]) -> Sequence[Any]:
    """Every item cleaned, or the same sequence; an item that cannot be looked at is left out."""
    kept = []
    is_changed = False
    for item in items:
        try:
            cleaned = clean(item)
        except Exception as error:  # noqa: BLE001 - what cannot be looked at does not leave
            shared.report("redaction", "a metric could not be checked for secrets and was left out", error)
            is_changed = True
            continue
        is_changed = is_changed or cleaned is not item
        kept.append(cleaned)
    return kept if is_changed else items
