"""The parser takes what Go's takes; what is made of it is judged in test_template_functions."""

import pytest

from otel_agent.alerts.rules.template_parser import parse_template
from otel_agent.alerts.rules.template_tokens import TemplateSyntaxError


@pytest.mark.parametrize(
    "text",
    ["{{ $value | }}", "{{ nil }}", "{{ humanize }}", '{{ template "x" }}', "{{ $labels.a.b }}"],
)
def test_what_only_fails_when_filled_is_taken(text: str) -> None:
    """Prometheus loads such a rule, so it is loaded here too."""
    assert "" in parse_template(text)


def test_a_template_knows_what_it_defines() -> None:
    """Definitions and blocks by name, itself without one."""
    assert {"", "x", "y"} == set(parse_template('{{ define "x" }}{{ end }}{{ block "y" . }}{{ end }}'))


@pytest.mark.parametrize(
    "text",
    [
        '{{ printf "%s""x" }}',
        "{{ if true }}{{ $y := 1 }}{{ end }}{{ $y }}",
        "{{ $y = 1 }}",
        "{{ end }}",
        "{{ define x }}",
    ],
)
def test_what_go_refuses_is_refused(text: str) -> None:
    """Variables end with the block they were made in, and arguments stand apart."""
    with pytest.raises(TemplateSyntaxError):
        parse_template(text)
