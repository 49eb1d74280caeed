"""All rules of a `Redactor`, put together; a module of its own because it loads a dozen others, which no start waits for."""

from collections.abc import Sequence

from otel_agent.redaction.detection.issuers import ISSUERS
from otel_agent.redaction.detection.secret_names import SecretNames
from otel_agent.redaction.detection.work_allowance import WorkAllowance
from otel_agent.redaction.log_redactor import LogRedactor
from otel_agent.redaction.message_templates import MessageTemplates
from otel_agent.redaction.metric_redactor import MetricRedactor
from otel_agent.redaction.resource_redactor import ResourceRedactor
from otel_agent.redaction.span_redactor import SpanRedactor
from otel_agent.redaction.text_redactor import TextRedactor
from otel_agent.redaction.value_redactor import ValueRedactor

__all__ = ["RULE_NAMES", "RedactionRules"]

RULE_NAMES = frozenset(issuer.name for issuer in ISSUERS) | {
    "private key", "url password", "jwt", "webhook", "bearer token", "basic auth", "card number",
}  # fmt: skip
"""Rules for shapes that `keep` can switch off, as they stand in markers."""


class RedactionRules:
    """
    The redactors of values and of each signal; they share their caches.

    Args:
        keys: Regular expressions of names, checked by `custom_patterns`.
        patterns: Regular expressions of secrets in texts, checked by `custom_patterns`.
        keep: Names of rules that do not apply; regular expressions of names and whole values that stay.
        is_bounded: False: a text may cost whatever it costs.
    """

    def __init__(
        self, keys: Sequence[str], patterns: Sequence[str], keep: Sequence[str] = (), *, is_bounded: bool = True
    ) -> None:
        kept_rules = [name for name in keep if name in RULE_NAMES]
        names = SecretNames(keys, [pattern for pattern in keep if pattern not in RULE_NAMES])
        allowance = WorkAllowance() if is_bounded else WorkAllowance(own_units=1 << 50)
        texts = self.texts = TextRedactor(names, patterns, kept_rules, allowance)
        self.values = ValueRedactor(names, texts)
        resources = ResourceRedactor(self.values)
        self.spans = SpanRedactor(self.values, resources)
        self.logs = LogRedactor(self.values, resources, MessageTemplates(names, texts))
        self.metrics = MetricRedactor(self.values, resources)
