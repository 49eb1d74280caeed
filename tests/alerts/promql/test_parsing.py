"""What the subset does not hold is a mistake of the rule, named when it is loaded."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from otel_agent.alerts.promql.parsing import parse
from otel_agent.errors import RuleError


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x @ -5", "before 1970"),
        ("info(x)", "the function info() is outside the subset"),
        ("limitk(2, x)", "the aggregation limitk is outside the subset"),
        ('x{a="b" or c="d"}', "`or` between label matchers is outside the subset"),
        ("x[5m]", "a range vector is no answer for a rule"),
        ('"text"', "a string is no answer for a rule"),
        ('x{a=~"b(?=c)"}', "illegal regex"),
        ('label_replace(x, "a", "b", "c", "(")', "cannot be read"),
        ('label_replace(x, "a", "b", "c", "(?=d)")', "not supported"),
        ('label_replace(x, "", "b", "c", "d")', "needs the name of the label to write"),
        ("rate(x)", "expected type matrix"),
        ("1 > 2", "must use BOOL"),
        ("x +", "invalid PromQL"),
        ("", "invalid PromQL"),
        ("x" * 30_000, "at most 20000 are read"),
    ],
)
def test_what_is_outside_is_named(text: str, reason: str) -> None:
    """Each construct outside the subset, and each mistake, is refused with a reason that names it."""
    with pytest.raises(RuleError) as caught:
        parse(text)

    assert reason in str(caught.value)


def test_all_reasons_come_at_once() -> None:
    """An expression with several constructs outside the subset names all of them."""
    with pytest.raises(RuleError) as caught:
        parse("info(x) + limitk(1, y) + limit_ratio(0.5, z)")

    assert 3 == len(caught.value.problems)


def test_what_an_expression_reads_is_known() -> None:
    """Names of series, how far back it looks, and functions Prometheus has behind a switch are told."""
    found = parse('sum(rate(a_total[5m] offset 1m)) / b > mad_over_time(rate({__name__="c"}[2m])[10m:1m] offset 1h)')

    assert (("a_total", "b", "c"), 3600 + 600 + 120, ("mad_over_time",)) == (
        found.names,
        found.reach_ms // 1000,
        found.experimental,
    )


pieces = st.sampled_from(
    ["sum", "rate", "(", ")", "x", "{", "}", "a", "=", "=~", '"b"', "[5m]", "[5m:1m]", "by", ",", "+", "/", "> bool", "1", "offset", "-", "and", "on", "@", "NaN", "'"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(pieces, max_size=12).map(" ".join) | st.text(max_size=40))
@example("\x00")
@example("sum(((((((((((((((((((x")
def test_any_text_is_an_expression_or_a_mistake(text: str) -> None:
    """Whatever is given, the answer is an expression or a `RuleError`, and nothing else."""
    try:
        parse(text)
    except RuleError as error:
        assert error.problems  # noqa: PT017 - either outcome is right
