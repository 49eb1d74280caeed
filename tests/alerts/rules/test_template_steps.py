"""Steps of templates: what loops go through, and what `and` and `or` leave alone."""

import pytest

from otel_agent.alerts.rules.templates import compile_template


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}", "a=1;b=2;"),
        ("{{ range $labels }}{{ . }}{{ end }}", "12"),
        ("{{ range 0 }}x{{ else }}none{{ end }}", "none"),
        ("{{ range nil }}x{{ else }}none{{ end }}", "<error expanding template: nil is not a command>"),
        ("{{ or true (index $labels 5) }}{{ and false (index $labels 5) }}", "truefalse"),
        ("{{ with $labels.c }}x{{ else with $labels.a }}{{ . }}{{ end }}{{ with 0 }}y{{ end }}", "1"),
        ("{{ range 2 }}{{ range 2 }}{{ if . }}{{ break }}{{ end }}{{ . }}{{ end }}{{ . }}{{ end }}", "0001"),
    ],
)
def test_steps_are_go_s(text: str, expected: str) -> None:
    """Maps in order of their keys, numbers from zero, breaks of the inner loop, and no look at what does not decide."""
    assert expected == compile_template(text).render({"a": "1", "b": "2"}, 1.0)
