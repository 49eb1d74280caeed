"""All rules of a `Redactor`, put together."""

from collections.abc import Sequence
from typing import Any

from otel_agent.redaction.keys import Keys
from otel_agent.redaction.metrics import clean_metrics
from otel_agent.redaction.origins import Origins
from otel_agent.redaction.records import Records
from otel_agent.redaction.spans import Spans
from otel_agent.redaction.templates import Templates
from otel_agent.redaction.texts import Texts
from otel_agent.redaction.values import Values

__all__ = ["Rules"]


class Rules:
    """What looks at values, and at each signal with it; they share their caches."""

    def __init__(self, keys: Sequence[str], patterns: Sequence[str]) -> None:
        """
        Add the operator's own patterns to the built-in rules.

        Args:
            keys: Regular expressions of names that were found usable.
            patterns: Regular expressions of secrets in texts, likewise.
        """
        names = Keys(keys)
        texts = Texts(names, patterns)
        self.values = Values(names, texts)
        self._origins = Origins(self.values)
        self.spans = Spans(self.values, self._origins)
        self.records = Records(self.values, self._origins, Templates(names, texts))

    def metrics(self, items: Sequence[Any]) -> Sequence[Any]:
        """
        Metrics without the secrets of their attributes.

        Args:
            items: The SDK's `MetricsData`.
        """
        return clean_metrics(items, self.values, self._origins)
