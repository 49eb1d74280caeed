"""What the tests of single kinds share: one entry, compiled."""

from collections.abc import Callable

import pytest
import yaml
from alert_settings import alert_settings

from otel_agent.alerts.rules.model import Rule
from otel_agent.alerts.shorthand.compiling import compile_rules


@pytest.fixture
def alert() -> Callable[[str], Rule]:
    """Gives the first alert of an entry that is right."""

    def compiled(entry: str) -> Rule:
        rules = compile_rules(alert_settings(rules=yaml.safe_load(f"[{entry}]")).rules)
        assert () == rules.problems
        return next(rule for rule in rules.rules if not rule.is_recording)

    return compiled
