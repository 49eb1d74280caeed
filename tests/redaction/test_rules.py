"""All rules put together share what they have found out."""

from wire_shapes import Light

from otel_agent.redaction.rules import RedactionRules


def test_patterns_of_the_operator_reach_every_signal() -> None:
    """A name and a value pattern are known to spans, to texts and to values."""
    rules = RedactionRules(("badge",), (r"EMP-\d+",))
    (span,) = rules.spans.clean([Light(own={"badge": "7", "note": "by EMP-12"})])

    assert {"badge": "[redacted: configured key 1]", "note": "by [redacted: configured value 1]"} == span.own
    assert "badge=[redacted: configured key 1]" == rules.values.text("badge=77")


def test_what_one_signal_finds_harmless_is_known_to_the_others() -> None:
    """Names are judged once, whoever meets them first."""
    rules = RedactionRules((), ())
    rules.spans.clean([Light(own={"symbol": "ACME"})])

    assert "symbol" in rules.values.harmless_keys
    assert "ACME" in rules.values.clean_texts
