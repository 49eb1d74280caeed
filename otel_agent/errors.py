"""
Everything this package raises, as one tree.

    OtelAgentError                  anything a caller may want to catch
    ├── ConfigurationError          the set-up is wrong: all mistakes of it, together
    ├── MissingExtraError           a capability whose extra is not installed was asked for
    ├── BaselineError               a file of baselines cannot be read or written: every line that is wrong
    ├── RuleError                   an alert rule cannot be understood: all mistakes of it, together
    └── LifecycleError              a component could not be started, or was used out of order

After the set-up nothing of this tree reaches the agent's own code: failures are counted by `guard` instead.
"""

from collections.abc import Sequence

__all__ = ["BaselineError", "ConfigurationError", "LifecycleError", "MissingExtraError", "OtelAgentError", "RuleError"]


class OtelAgentError(Exception):
    """Base of every exception this package raises on purpose."""


class ProblemsError(OtelAgentError):
    """Several mistakes reported at once, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        """
        Join the problems into one message.

        Args:
            problems: At least one line each saying where, what was found, what was expected and what to do.
        """
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ConfigurationError(ProblemsError):
    """The configuration, an argument of `init` or an environment variable is wrong."""


class BaselineError(ProblemsError):
    """A file of baselines cannot be read or written."""


class RuleError(ProblemsError):
    """An alert rule or rule file is wrong."""


class MissingExtraError(OtelAgentError):
    """An optional dependency is needed and not installed; the message names the command that installs it."""

    def __init__(self, capability: str, extra: str) -> None:
        """
        Name the command that installs what is missing.

        Args:
            capability: What was asked for, as the start of a sentence: "Notifying through apprise".
            extra: The name of the extra in `pyproject.toml`.
        """
        super().__init__(f"{capability} needs an extra that is not installed: pip install 'otel-agent[{extra}]'")


class LifecycleError(OtelAgentError):
    """A component failed to start, was declared twice or too late, or was started after its end."""
