"""Expressions are rewritten for the parser, and mean what Prometheus 3 reads."""

import pytest

from otel_agent.alerts.promql.lexical import normalized
from otel_agent.alerts.promql.nodes import VectorSelector
from otel_agent.alerts.promql.parsing import parse
from otel_agent.errors import RuleError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"up{a=`D:\data`}", r'up{a="D:\\data"}'),
        (r"""up{a=`"x"`} # `no`""", r"""up{a="\"x\""} # `no`"""),
        ("up{a='`'} > 2_000", "up{a='`'} > 2000"),
        ("a_1 > 1_000.5 + 0x1_F", "a_1 > 1000.5 + 0x1F"),
        ("node_memory_1_2 / x_2", "node_memory_1_2 / x_2"),
    ],
)
def test_backticks_and_underscores_are_rewritten(text: str, expected: str) -> None:
    """Outside of strings, comments and names."""
    assert expected == normalized(text)


def test_a_backslash_in_backticks_is_one() -> None:
    """The value a matcher asks for is the text between them."""
    root = parse(r"up{a=`D:\data`}").root

    assert isinstance(root, VectorSelector)
    assert r"D:\data" == root.matchers[-1].value


def test_moments_before_1970_are_refused() -> None:
    """The parser cannot read them."""
    with pytest.raises(RuleError, match="before 1970"):
        normalized("up @ -1")
