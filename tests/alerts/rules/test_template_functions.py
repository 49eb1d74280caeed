"""Functions of templates give what Prometheus 3's give, for every kind of value."""

import pytest

from otel_agent.alerts.rules.template_surroundings import TemplateSurroundings
from otel_agent.alerts.rules.template_values import QuerySample, text_of
from otel_agent.alerts.rules.templates import compile_template

LABELS = {"host": "web-1", "instance": "10.0.0.1:9100", "fqdn": "a.b.c:80", "q": "a\"b'c&d<e>", "share": "0.25"}
ANSWERS = [
    QuerySample({"__name__": "up", "job": "b"}, 2.0),
    QuerySample({"__name__": "up", "job": "a"}, 1.0),
]
AROUND = TemplateSurroundings(
    1700000000.123, lambda text: [] if text == "none" else ANSWERS, {"region": "eu"}, "http://localhost:9090/prom"
)


def filled(text: str, value: float = 0.123456) -> str:
    """The text of a template."""
    return compile_template(text).render(LABELS, value, AROUND)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (1e6, "1e+06"),
        (3, "3"),
        ("a", "a"),
        ({"b": "2", "a": 1.5}, "map[a:1.5 b:2]"),
        (None, "<no value>"),
        ([], "[]"),
    ],
)
def test_values_are_printed_as_go_prints_them(value: object, text: str) -> None:
    """Booleans, numbers and maps have Go's form, maps in order of their keys."""
    assert text == text_of(value)


# The answers are those of Prometheus 3.16's own template package for the same labels and values.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{{ printf "%5.1f|%-4s|%q|%%" 3.14159 "a" "x\\"y" }}', '  3.1|a   |"x\\"y"|%'),
        ('{{ printf "%d" $value }} {{ printf "%d and %s" 2 }}', "%!d(float64=0.123456) 2 and %!s(MISSING)"),
        ('{{ printf "%x %X %o %b|%-5d|%05d %+d %c %q" 42 42 42 42 42 42 42 42 42 }}', "2a 2A 52 101010|42   |00042 +42 * '*'"),
        ('{{ printf "%08.2f|%+.1f|%e|%G|%6.2f%%" $value $value $value $value $value }}', "00000.12|+0.1|1.234560e-01|0.123456|  0.12%"),
        ('{{ printf "%.2s|%x|%t|%v" "abc" "abc" true false }}', "ab|616263|true|false"),
        ('{{ printf "a" 1 "b" }} {{ printf "%[1]d%[1]d" 5 }}', "a%!(EXTRA int=1, string=b) 55"),
        ('{{ and 1 0 2 }}{{ or 0 "" 3 }}{{ not 0 }}', "03true"),
        ('{{ eq 1 2 1 }} {{ ne "a" "b" }} {{ lt 1 2 }} {{ le 2 2 }} {{ ge "b" "a" }} {{ eq $labels.host nil }}', "true true true true true false"),
        ('{{ index $labels "host" }}|{{ index $labels "none" }}|{{ (index (query "up") 1).Value }}', "web-1||1"),
        ('{{ slice "abcdef" 1 3 }} {{ index "abc" 1 }} {{ len "äb" }} {{ len (query "up") }}', "bc 98 3 2"),
        ('{{ print 1 2 "a" 3 true }} {{ println "a" 1 }}', "1 2a3 true a 1\n"),
        ('{{ html $labels.q }} {{ urlquery "a b&c" }} {{ js "it\'s" }}', "a&#34;b&#39;c&amp;d&lt;e&gt; a+b%26c it\\'s"),
        ('{{ match "^w.b" "web" }} {{ reReplaceAll "(w)eb" "${1}ww" $labels.host }}', "true www-1"),
        ('{{ stripPort "host:80" }} {{ stripPort "::1" }} {{ stripPort "[::1]:5000" }} {{ stripPort "[a" }}', "host ::1 ::1 [a"),
        ('{{ stripDomain $labels.fqdn }} {{ stripDomain $labels.instance }} {{ stripDomain "[::1]:80" }} {{ stripDomain "a.b" }}', "a:80 10.0.0.1:9100 [::1]:80 a"),
        ("{{ title \"don't stop a_b x/y 3d wOrld a.b\" }} {{ toUpper \"aß\" }} {{ toLower \"ÀB\" }}", "Don't Stop A_b X/Y 3D WOrld A.b Aß àb"),
        ('{{ parseDuration "1h30m" }} {{ parseDuration "-5m" }}', "5400 -300"),
        ("{{ humanize $value }} {{ humanize1024 2048.0 }} {{ humanizeDuration $value }} {{ humanizePercentage $value }}", "123.5m 2ki 123.5ms 12.35%"),
        ('{{ $labels.share | humanizePercentage }} {{ humanize 5 }} {{ humanizePercentage "NaN" }}', "25% 5 NaN%"),
        ("{{ humanizeTimestamp now }} {{ toTime 1600000000.25 }}", "2023-11-14 22:13:20.122 +0000 UTC 2020-09-13 12:26:40.249 +0000 UTC"),
        ('{{ (toTime 1700000000).Format "Mon Jan _2 15:04:05 2006 -0700" }} {{ (toTime 1700000000).Year }}', "Tue Nov 14 22:13:20 2023 +0000 2023"),
        ("{{ toDuration 3723.5 }} {{ toDuration 0.0015 }} {{ (toDuration 90).Minutes }}", "1h2m3.5s 1.5ms 1.5"),
        ('{{ graphLink "up == 0" }} {{ tableLink "x" }}', "/graph?g0.expr=up+%3D%3D+0&g0.tab=0 /graph?g0.expr=x&g0.tab=1"),
        ("{{ externalURL }} {{ pathPrefix }} {{ $externalLabels.region }}", "http://localhost:9090/prom /prom eu"),
        ('{{ urlQueryEscape "a b&c/d" }} {{ safeHtml "<b>" }}', "a+b%26c%2Fd <b>"),
        ('{{ query "up" | sortByLabel "job" | first | label "job" }} {{ query "up" | first | value }}', "a 2"),
        ('{{ range query "up" }}{{ .Labels.job }}={{ .Value }} {{ else }}none{{ end }}{{ range query "none" }}{{ else }}none{{ end }}', "b=2 a=1 none"),
        ('{{ range $i, $e := query "up" }}{{ $i }}{{ $e.Labels.job }}{{ end }}{{ range $k := 3 }}{{ $k }}{{ end }}', "0b1a012"),
        ('{{ range query "up" }}{{ if eq .Labels.job "b" }}{{ continue }}{{ end }}{{ .Labels.job }}{{ break }}{{ end }}', "a"),
        ('{{ with query "up" | first }}{{ .Value }}{{ $.Value }}{{ else }}none{{ end }}', "20.123456"),
        ('{{ $x := "a" }}{{ if true }}{{ $x = "b" }}{{ $y := 1 }}{{ $y }}{{ end }}{{ $x }}', "1b"),
        ('{{ define "x" }}[{{ .arg0 }}-{{ .arg1 }}-{{ .arg2 }}]{{ end }}{{ template "x" (args "a" 5) }}', "[a-5-<no value>]"),
        ('{{ block "b" $value }}<{{ . }}>{{ end }}{{ `raw {{ \\d` }}', "<0.123456>raw {{ \\d"),
        ("{{ 0x1F }} {{ 1_000 }} {{ .5 }} {{ 010 }} {{ 1e3 }} {{ 'a' }} {{ \"\\u00e9\\x41\\101\" }}", "31 1000 0.5 8 1000 97 éAA"),
        ("{{ $labels }}", "map[fqdn:a.b.c:80 host:web-1 instance:10.0.0.1:9100 q:a\"b'c&d<e> share:0.25]"),
    ],
)  # fmt: skip
def test_texts_are_prometheus_s(text: str, expected: str) -> None:
    """Every function, loop, condition, variable and definition rules use."""
    assert expected == filled(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ if gt $value 1 }}x{{ end }}", "incompatible types for comparison"),
        ("{{ $labels.host.name }}", "can't evaluate field name in type string"),
        ("{{ .Nothing }}", "can't evaluate field Nothing"),
        ('{{ humanize "x" }}', "invalid syntax"),
        ("{{ humanize true }}", "can't convert bool to float"),
        ("{{ humanize }}", "wrong number of args for humanize: want 1 got 0"),
        ("{{ toUpper 5 }}", "expected string; got int"),
        ('{{ query "none" | first }}', "first() called on vector with no elements"),
        ('{{ template "nothing" }}', 'template "nothing" not defined'),
        ('{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}', "templates within each other"),
        ("{{ range 1000000000 }}{{ end }}", "more than 100000 rounds"),
        ('{{ range 99999 }}{{ printf "%1000d" 1 }}{{ end }}', "more than 1000000 characters"),
        ('{{ index (query "up") 7 }}', "index out of range"),
        ("{{ range $value }}{{ end }}", "range can't iterate over float64"),
        ('{{ match "(" "x" }}', "regular expression"),
        ("{{ $value 5 }}", "can't give argument to non-function $value"),
        ("{{ nil }}", "nil is not a command"),
        ("{{ range $i, $e := 3 }}{{ end }}", "can't use 3 to iterate over more than one variable"),
    ],
)
def test_what_has_no_text_says_why(text: str, reason: str) -> None:
    """Prometheus's words for it stand there, with the reason; nothing goes on for ever."""
    found = filled(text)

    assert found.startswith("<error expanding template: ")
    assert reason in found
