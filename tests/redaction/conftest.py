"""What tests of redaction share."""

from typing import Any

import pytest

from otel_agent.redaction.redactor import Redactor


class Refuses:
    """Cannot be looked at."""

    def __str__(self) -> str:
        raise ValueError("no")

    def items(self) -> Any:
        raise ValueError("no")

    @property
    def attributes(self) -> Any:
        raise ValueError("no")


@pytest.fixture
def redactor() -> Redactor:
    """With the built-in rules."""
    return Redactor()


@pytest.fixture
def refuses() -> Refuses:
    """A value, a mapping or a record that cannot be looked at."""
    return Refuses()
