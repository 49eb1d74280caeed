"""The section `alerts`, through the front door and by itself."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alert_settings import alert_problems, alert_settings

import otel_agent
from otel_agent.errors import ConfigurationError

WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"rules": [{"threshold": {"name": "A", "metric": "x", "abvoe": 1}}]},
        "alerts.rules[0].threshold.abvoe: unknown key, did you mean above?",
    ),
    ({"rules": [{"treshold": {}}]}, "alerts.rules[0].treshold: unknown key, did you mean threshold?"),
    ({"routes": [{"to": ["desk"]}]}, "alerts.routes[0].to: 'desk' is no notifier; known are log"),
    (
        {"notifiers": {"desk": {"webhook": {"url": "http://s3cret.test/a"}}}},
        "alerts.notifiers.desk.webhook: the URL of a webhook is http; use https",
    ),
    ({"inhibit": [{"when": {"a": "b"}}]}, "alerts.inhibit[0].mute: is needed: a mapping of at least one"),
    ({"overrides": {"A": {"no_data": "maybe"}}}, "alerts.overrides.A.no_data: expected one of ok, alert, keep"),
]


def test_settings_are_typed() -> None:
    """Lengths of time are seconds, limits are numbers, labels are strings, and every entry knows where it stands."""
    settings = alert_settings(
        rules=[{"threshold": {"name": "A", "metric": "x", "above": "250ms", "hold": "1m", "labels": {"n": 1}}}],
        notifiers={"desk": {"webhook": "https://a.test/b"}},
        routes=[{"to": "desk", "repeat": "1h", "continue": True}],
        inhibit=[{"when": {"a": "b"}, "mute": {"c": "d"}, "equal": "job"}],
        overrides={"A": {"no_data": "keep"}},
    )
    kind, rule = settings.rules[0].chosen
    _, webhook = settings.notifiers["desk"].chosen

    assert ("threshold", 0.25, 60.0, {"n": "1"}, "alerts.rules[0].threshold") == (
        kind,
        rule.above,
        rule.hold,
        rule.labels,
        rule.path,
    )
    assert ("https://a.test/b", 5.0) == (webhook.url, webhook.timeout)
    assert (("desk",), 3600.0, True) == (
        settings.routes[0].to,
        settings.routes[0].repeat,
        settings.routes[0].is_continued,
    )
    assert (("job",), "keep", None) == (
        settings.inhibit[0].equal,
        settings.overrides["A"].no_data,
        settings.overrides["A"].on_error,
    )


def test_the_others_are_used_when_one_is_wrong() -> None:
    """And keep the places they were given at."""
    settings, problems = alert_problems(rules=[{"absent": {"nam": "A"}}, {"exception": {"name": "B", "type": "C"}}])

    assert ["alerts.rules[1]"] == [rule.path for rule in settings.rules]
    assert 3 == len(problems)


@pytest.mark.parametrize(("settings", "problem"), WRONG)
def test_a_strict_start_names_what_is_wrong(settings: dict[str, Any], problem: str) -> None:
    """With its path and the nearest key, without a secret; nothing is left behind."""
    rule = {"exception": {"name": "Breach", "type": "RiskLimitError"}}

    with pytest.raises(ConfigurationError) as caught:
        otel_agent.init("a", export="none", spool=False, strict=True, config={"alerts": {"rules": [rule], **settings}})
    assert problem in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_what_the_builders_find_has_file_and_line_too(tmp_path: Path) -> None:
    """A route to nobody is named as the reader names a key that does not exist."""
    (tmp_path / "c.yaml").write_text("alerts:\n  defaults: true\n  routes:\n    - {to: desk}\n    - {too: log}\n")

    with pytest.raises(
        ConfigurationError, match=r"c\.yaml:5: alerts\.routes\[1\]\.too: unknown key, did you mean to\?"
    ):
        otel_agent.init("a", config=tmp_path / "c.yaml", export="none", spool=False, strict=True)
    (tmp_path / "c.yaml").write_text("alerts:\n  defaults: true\n  routes:\n    - {to: desk}\n")
    with pytest.raises(ConfigurationError, match=r"c\.yaml:4: alerts\.routes\[0\]\.to: 'desk' is no notifier"):
        otel_agent.init("a", config=tmp_path / "c.yaml", export="none", spool=False, strict=True)


def test_rules_come_by_argument_and_by_configuration() -> None:
    """`init(alerts=…)` takes the place of the rules of the file; notifiers and routes are the file's."""
    telemetry = otel_agent.init(
        "a",
        alerts=[{"threshold": {"name": "Hot", "metric": "x", "above": "1s", "hold": "5s"}}],
        export="none",
        spool=False,
        strict=True,
        config={
            "alerts": {
                "rules": [{"absent": {"name": "Silent", "metric": "y"}}],
                "notifiers": {"desk": {"webhook": "https://127.0.0.1:1/x"}},
                "routes": [{"to": "desk"}],
            }
        },
    )
    try:
        rules = [(run.rule.name, run.rule.expression.text, run.rule.hold_s) for run in telemetry.alerts.rules()]
        receivers = set(telemetry.status()["alerts"]["notifications"]["receivers"])
    finally:
        telemetry.shutdown()

    assert [("Hot", "x > 1", 5.0)] == rules
    assert {"log", "desk"} == receivers


def test_an_agent_without_alerts_loads_none_of_their_classes() -> None:
    """Neither for its start nor for the tree of its settings."""
    code = (
        "import sys; from otel_agent.config.loading import load; from otel_agent.config.tree import leaves; leaves();"
        "load({'config': {'health': {'port': 1}}}, environ={}, directory='/');"
        "print([name for name in sys.modules if name.endswith(('alert_rules', 'notifications'))])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert "[]\n" == run.stdout
