"""
The redactor: the one object that lets nothing secret leave.

    delivery thread ──► Redactor.spans | logs | metrics ──► encoder        log thread ──► Redactor.logs ──► file, console

What needs no change passes as the same object; what does is replaced by a copy, because the agent, other processors and the
console may still hold the original. Nothing here raises: a value that cannot be looked at is left out, its record is not.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.redaction import custom_patterns  # few operators have patterns of their own
    from otel_agent.redaction import rules as redaction_rules  # loaded by the first thing that is looked at
else:
    custom_patterns = late_module("otel_agent.redaction.custom_patterns")
    redaction_rules = late_module("otel_agent.redaction.rules")

__all__ = ["Redactor"]


class Redactor:
    """
    Takes secrets out of telemetry, by the names of values and by what values look like.

    Patterns of the operator's that are wrong, or that could take for ever, are left out; `problems` says which and why.

    Thread-safe without a lock: all it shares between threads are caches in which each step is one operation.

    Args:
        keys: Regular expressions, searched for in names without regard to case; `!` in front says "harmless".
        values: Regular expressions of secrets in texts.
        enabled: False lets everything pass.
        keep: Names of rules that do not apply, such as "jwt"; regular expressions of names and of whole values that stay.
        is_bounded: Whether a text made to be dear is cut where it has cost enough.
    """

    def __init__(
        self,
        keys: Sequence[str] = (),
        values: Sequence[str] = (),
        *,
        enabled: bool = True,
        keep: Sequence[str] = (),
        is_bounded: bool = True,
    ) -> None:
        self._is_enabled = enabled
        self._is_bounded = is_bounded
        self._made: redaction_rules.RedactionRules | None = None
        self._patterns = custom_patterns.check_patterns(keys, values, keep) if keys or values or keep else None
        self.problems: Sequence[str] = () if self._patterns is None else self._patterns.problems
        """Problems of patterns, one sentence each."""

    def follow(self, other: "Redactor") -> None:
        """
        Go by the rules of another from now on; what is being looked at meanwhile is by those before.

        Args:
            other: A redactor with other patterns.
        """
        other.load()
        self.__dict__.update(other.__dict__)  # names that are there, so that each is one operation

    def __call__(self, signal: str, items: Sequence[Any]) -> Sequence[Any]:
        """
        A batch without its secrets; the form in which delivery asks.

        Args:
            signal: "traces", "metrics" or "logs".
            items: Spans, metrics or log records.
        """
        return {"traces": self.spans, "metrics": self.metrics, "logs": self.logs}[signal](items)

    def spans(self, items: Sequence[Any]) -> Sequence[Any]:
        """
        Spans without their secrets.

        Args:
            items: Spans of ours and foreign `ReadableSpan`s, mixed.

        Returns:
            The same sequence when nothing had to change, otherwise a list with copies in place of what did.
        """
        return self._rules().spans.clean(items) if self._is_enabled else items

    def logs(self, items: Sequence[Any]) -> Sequence[Any]:
        """
        Log records without their secrets.

        Args:
            items: Entries of the bridge and the SDK's `ReadableLogRecord`s, mixed.
        """
        return self._rules().logs.clean(items) if self._is_enabled else items

    def metrics(self, items: Sequence[Any]) -> Sequence[Any]:
        """
        Metrics without the secrets of their attributes.

        Args:
            items: The SDK's `MetricsData`.
        """
        return self._rules().metrics.clean(items) if self._is_enabled else items

    def text(self, text: str) -> str:
        """A text without its secrets: for messages, log lines, error texts."""
        return self._rules().values.text(text) if self._is_enabled else text

    def findings(self, text: str) -> list[tuple[int, int, str]]:
        """What would be taken out of a text: where each secret begins and ends, and which rule hit; in order."""
        return self._rules().texts.find(text) if self._is_enabled else []

    def mapping(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """A dictionary without its secrets, nested ones included."""
        return dict(self._rules().values.mapping(attributes)) if self._is_enabled else dict(attributes)

    def load(self) -> None:
        """Load the rules now, so that nothing that is looked at waits for them."""
        self._rules()

    def _rules(self) -> "redaction_rules.RedactionRules":
        """The rules; a dozen modules and as many patterns, which the start of an agent does not wait for."""
        rules = self._made
        if rules is None:
            patterns = self._patterns
            keys, values, keep = ((), (), ()) if patterns is None else (patterns.keys, patterns.values, patterns.keep)
            rules = self._made = redaction_rules.RedactionRules(keys, values, keep, is_bounded=self._is_bounded)
        return rules
