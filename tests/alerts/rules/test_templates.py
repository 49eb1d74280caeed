"""Templates fill in what Prometheus's would."""

import pytest

from otel_agent.alerts.rules.templates import compile_template
from otel_agent.errors import RuleError


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("plain", 1.0, "plain"),
        ("{{ $labels.host }}/{{ .Labels.host }}", 1.0, "web-1/web-1"),
        ("{{ $labels.missing }}|{{ $externalLabels.x }}", 1.0, "|"),
        ("{{ $value }} {{ .Value }}", 0.1, "0.1 0.1"),
        ("{{ $value }}", 1234567.0, "1.234567e+06"),
        ("{{ $value }}", 100000.0, "100000"),
        ("{{ $value }}", 0.00001, "1e-05"),
        ("{{ $value }}", float("inf"), "+Inf"),
        ("{{ $value | humanize }}", 1234567.0, "1.235M"),
        ("{{ humanize $value }}", 0.00123, "1.23m"),
        ("{{ humanize1024 $value }}", 2048.0, "2ki"),
        ("{{ $value | humanizePercentage }}", 0.12345, "12.35%"),
        ("{{ $value | humanizeDuration }}", 93784.0, "1d 2h 3m 4s"),
        ("{{ $value | humanizeDuration }}", 0.0123, "12.3ms"),
        ("{{ $value | humanizeDuration }}", 59.5, "59.5s"),
        ("{{ $value | humanizeTimestamp }}", 1700000000.5, "2023-11-14 22:13:20.5 +0000 UTC"),
        ('{{ printf "%.2f of %s%%" $value $labels.host }}', 3.14159, "3.14 of web-1%"),
        ('{{ printf "%q" $labels.host }}', 1.0, '"web-1"'),
        ("{{ $labels.host | toUpper | title }}", 1.0, "WEB-1"),
        ('{{ title "two words" }}', 1.0, "Two Words"),
        ('{{ reReplaceAll "(w)eb" "${1}ww" $labels.host }}', 1.0, "www-1"),
        ("{{ if gt $value 0.5 }}high{{ else if gt $value 0.2 }}mid{{ else }}low{{ end }}", 0.3, "mid"),
        ('{{ if match "^web" $labels.host }}web{{ end }}!', 0.3, "web!"),
        ("a {{- /* nothing */ -}} b", 1.0, "ab"),
        ("a {{- $value -}}  b", 1.0, "a1b"),
        ('{{ (printf "%v" $value) | toLower }}{{ `raw` }}', 2.0, "2raw"),
        ('{{ index $labels "host" }}', 2.0, "web-1"),
        ('{{ and (eq $labels.host "web-1") (not false) }}', 2.0, "true"),
        ('{{ printf "%d" $value }}', 2.0, "%!d(float64=2)"),
        ('{{ stripPort "h:1" }} {{ stripDomain "a.b:1" }} {{ len "abc" }} {{ print 1 "a" }}', 2.0, "h a:1 3 1a"),
    ],
)  # fmt: skip
def test_templates_are_filled(text: str, value: float, expected: str) -> None:
    """Labels, values, functions, conditions, pipes and trimming give what Go's templates give."""
    assert expected == compile_template(text).render({"host": "web-1"}, value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ $value", "a {{ is not closed"),
        ("{{ }}", "an empty {{ }}"),
        ("{{ nothing }}", "the function nothing is not known"),
        ("{{ if $value }}a", "an if is not closed"),
        ("a{{ end }}", "'end' without an if"),
        ("{{ $nothing }}", "'$nothing' is not known"),
        ("{{ $value | 5 }}", "no function to pipe into"),
        ('{{ if true }}{{ define "x" }}{{ end }}{{ end }}', "a define stands inside of something else"),
        ("{{ break }}", "break outside of a range"),
        ("{{ range 3 }}", "a range is not closed by an end"),
        ("{{/* open", "a comment is not closed"),
        ('{{ "open }}', 'a string that begins with " is not closed'),
        ('{{ "\\q" }}', "is no escape sequence"),
        ("{{ 99999999999999999999 }}", "too large"),
        ("{{ ($value }}", "a parenthesis is not closed"),
        ("{{ $value ! }}", "cannot be read"),
        ("{{ humanize$value }}", "is not expected"),
    ],
)  # fmt: skip
def test_what_templates_do_not_hold_is_refused_when_loaded(text: str, reason: str) -> None:
    """A template that could not be filled later is a mistake now."""
    with pytest.raises(RuleError) as caught:
        compile_template(text)

    assert reason in str(caught.value)


def test_a_place_that_cannot_be_filled_does_not_lose_the_alert() -> None:
    """A wrong argument gives Prometheus's words for it instead of an exception."""
    assert "<error expanding template:" in compile_template('{{ humanize "x" }}').render({}, 1.0)
