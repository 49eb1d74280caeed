"""What this package raises."""

import pytest

from otel_agent.errors import ConfigurationError, LifecycleError, MissingExtraError, OtelAgentError, RuleError


@pytest.mark.parametrize("kind", [ConfigurationError, RuleError])
def test_mistakes_are_raised_together(kind: type[ConfigurationError | RuleError]) -> None:
    """One line each, and each on its own for who wants to count them."""
    error = kind(["queue.spans: must be above 0", "export.to: no such destination"])

    assert "queue.spans: must be above 0\nexport.to: no such destination" == str(error)
    assert ("queue.spans: must be above 0", "export.to: no such destination") == error.problems


def test_what_is_not_installed_names_the_command_that_installs_it() -> None:
    """It can be copied from the message."""
    assert "Notifying through apprise needs an extra that is not installed: pip install 'otel-agent[notify]'" == str(
        MissingExtraError("Notifying through apprise", "notify")
    )


@pytest.mark.parametrize("kind", [ConfigurationError, RuleError, MissingExtraError, LifecycleError])
def test_everything_can_be_caught_as_one(kind: type[Exception]) -> None:
    """The base is part of the public interface."""
    assert issubclass(kind, OtelAgentError)
