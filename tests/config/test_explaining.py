"""What an explanation shows, and what it never does."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent.config.explaining import differences, explained
from otel_agent.config.loading import Loaded, load
from otel_agent.config.sections.export import SIGNALS
from otel_agent.config.tree import leaves

SECRETS = [f"s3cret{number}x" for number in range(20)]
PLANTED = """
service: {{name: "a-${{MY_TOKEN}}"}}
export:
  endpoint: https://user:{0}@collector:4318/base?api_key={1}
  headers: {{authorization: Bearer {2}, x-org: {3}}}
  traces: {{headers: {{x: {4}}}, endpoint: "https://{5}@a:1"}}
resource: {{attributes: {{api_key: {6}, db.password: {7}, url: "postgres://u:{8}@db/x"}}}}
health: {{port: 1, token: {9}}}
alerts:
  notifiers:
    chat: {{webhook: "https://hooks.example.com/services/{10}"}}
    desk: {{webhook: {{url: "https://a/b?c={11}", secret: {12}, headers: {{x-anything: {13}}}, timeout: 5s}}}}
    all: {{apprise: ["slack://{14}/{15}", "mailto://u:{16}@example.com"]}}
    plain: {{webhook: "hooks.example.com/{17}"}}
  rules: [{{absent: {{name: A, metric: x, message: "${{file:token}}"}}}}]
"""


def planted(tmp_path: Path) -> Loaded:
    """A configuration full of secrets."""
    (tmp_path / "token").write_text(SECRETS[19])
    (tmp_path / "otel-agent.yaml").write_text(PLANTED.format(*SECRETS))
    return load({}, environ={"MY_TOKEN": SECRETS[18]}, directory=tmp_path)


def test_no_secret_is_explained(tmp_path: Path) -> None:
    """Headers, tokens, credentials and queries of URLs, receivers' addresses, and what came out of a secret file."""
    loaded = planted(tmp_path)
    shown = json.dumps({path: row.value for path, row in explained(loaded).items()})

    assert () == loaded.problems
    assert [] == [secret for secret in SECRETS if secret in shown]
    assert [] == [secret for secret in SECRETS if secret in "".join(loaded.warnings)]


def test_what_is_no_secret_is_shown(tmp_path: Path) -> None:
    """Hosts, names of headers, lengths of time and paths of keys help to find a mistake and give nothing away."""
    rows = explained(planted(tmp_path))

    assert "https://***@collector:4318/base?api_key=***" == rows["export.endpoint"].value
    assert {"authorization": "***", "x-org": "***"} == rows["export.headers"].value
    notifiers = rows["alerts.notifiers"].value
    assert ["https://hooks.example.com/***", "***"] == [notifiers[name]["webhook"]["url"] for name in ("chat", "plain")]
    assert {
        "url": "https://a/***",
        "secret": "***",
        "headers": {"x-anything": "***"},
        "timeout": 5.0,
        "allow_private": False,
    } == notifiers["desk"]["webhook"]
    assert {"apprise": ["slack://***", "mailto://***"]} == notifiers["all"]
    assert "***" == rows["service.name"].value


def test_no_secret_is_in_the_text_of_a_configuration(tmp_path: Path) -> None:
    """Tracebacks and debug output show what `repr` says; there too, secrets are masked."""
    loaded = planted(tmp_path)
    text = f"{loaded!r} {loaded.config} {[loaded.config.export.for_signal(signal) for signal in SIGNALS]}"

    # A text that a variable brought is no secret to who knows the value alone.
    assert [] == [secret for secret in SECRETS if secret in text and secret not in (SECRETS[18], SECRETS[19])]


def test_paths_of_keys_are_shown() -> None:
    """`client_key` is where a key is, not the key."""
    loaded = load(
        {"config": {"export": {"client_key": "/k.pem", "client_certificate": "/c.pem"}}}, environ={}, directory="/"
    )

    assert "/k.pem" == explained(loaded)["export.client_key"].value


def test_every_setting_is_explained_with_its_origin() -> None:
    """In the order of the model, defaults included; of a mapping every key."""
    loaded = load(
        {"endpoint": "http://a"}, environ={"OTEL_RESOURCE_ATTRIBUTES": "a=b"}, directory="/nowhere", script="s.py"
    )
    rows = explained(loaded)

    assert list(leaves()) == list(rows)
    assert ("http://a", "argument endpoint") == (rows["export.endpoint"].value, rows["export.endpoint"].origin)
    assert {"a": "environment OTEL_RESOURCE_ATTRIBUTES"} == rows["resource.attributes"].origins
    assert "default" == rows["health.port"].origin


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(["token", "X-Api-Key", "db_password", "client.secret", "Authorization", "session_cookie"]),
    secret=st.text("0123456789abcdef", min_size=12, max_size=20),
)
def test_a_value_under_a_secret_name_is_masked_at_any_depth(name: str, secret: str) -> None:
    """In resource attributes and labels, and in what is wrong in a rule or receiver."""
    loaded = load(
        {
            "config": {
                "resource": {"attributes": {name: secret}},
                "alerts": {
                    "notifiers": {"a": {"webhook": {"nested": [{name: secret}, {name: {"x": secret}}]}}},
                    "rules": [{"k": {name: secret}}, {"absent": {"name": "A", "metric": "x", "where": {name: secret}}}],
                },
            }
        },
        environ={},
        directory="/",
    )

    assert 1 == len(loaded.config.alerts.rules)
    assert secret not in json.dumps([row.value for row in explained(loaded).values()])
    assert secret not in "".join(loaded.problems)


def test_differences_name_settings_and_keep_secrets(tmp_path: Path) -> None:
    """A line for each setting, both values where they may be shown."""
    one = load({"metrics_interval_s": 60, "headers": {"x": "s3cret-one"}}, environ={}, directory=tmp_path)
    other = load({"metrics_interval_s": 10, "headers": {"x": "s3cret-two"}}, environ={}, directory=tmp_path)

    assert ("export.headers: another value", "metrics.interval_s: 60.0 → 10.0") == differences(one, other)
    assert () == differences(one, one)


def test_a_file_that_has_changed_differs_in_what_changed(tmp_path: Path) -> None:
    """Settings and rules; where a rule stands is no difference."""
    path = tmp_path / "otel-agent.yaml"
    rules = "alerts: {rules: [{absent: {name: A, metric: x}}]}"
    path.write_text(f"metrics: {{interval_s: 5}}\n{rules}")
    old = load({}, environ={}, directory=tmp_path)
    path.write_text(f"\n\nmetrics: {{interval_s: 7}}\n{rules}")
    new = load({}, environ={}, directory=tmp_path)
    path.write_text(rules.replace("metric: x", "metric: y"))
    other = load({}, environ={}, directory=tmp_path)

    assert ("metrics.interval_s: 5.0 → 7.0",) == differences(old, new)
    assert ["metrics.interval_s", "alerts.rules"] == [line.partition(":")[0] for line in differences(old, other)]


def test_every_setting_of_a_rule_is_explained_with_its_line(tmp_path: Path) -> None:
    """The lines of what was given, and which settings have their defaults; a rule that is wrong shifts no line."""
    (tmp_path / "otel-agent.yaml").write_text(
        "alerts:\n"
        "  rules:\n"
        "    - threshold: {name: Wrong, metric: x, abvoe: 1}\n"
        "    - exception:\n"
        "        name: Breach\n"
        "        type: RiskLimitError\n"
        "  notifiers:\n"
        "    am: {alertmanager: 'http://127.0.0.1:9093'}\n"
        "  routes:\n"
        "    - to: am\n"
        "      continue: true\n"
    )
    rows = explained(load({}, environ={}, directory=tmp_path))
    shown = {part.path: (part.value, part.origin) for row in rows.values() for part in row.parts}

    assert {
        "alerts.rules[1].exception.name": ("Breach", "otel-agent.yaml:5"),
        "alerts.rules[1].exception.type": ("RiskLimitError", "otel-agent.yaml:6"),
        "alerts.rules[1].exception.severity": ("warning", "default"),
        "alerts.notifiers.am.alertmanager": (["http://127.0.0.1:9093"], "otel-agent.yaml:8"),
        "alerts.routes[0].continue": (True, "otel-agent.yaml:11"),
    }.items() <= shown.items()
    assert "otel-agent.yaml:5" == rows["alerts.rules"].origins["[1].exception.name"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("alerts.rules[1].absent.nam", 4),
        ("alerts.rules[0]", 3),
        ("alerts.rules[7]", 3),
        ("alerts.notifiers.desk", 5),
        ("alerts", None),
        ("health.port", None),
        ("nothing", None),
    ],
)
def test_where_finds_the_line_of_a_part(tmp_path: Path, path: str, line: int | None) -> None:
    """As deep as the file has it, so that who looks at rules can name the line."""
    (tmp_path / "otel-agent.yaml").write_text(
        "alerts:\n  rules:\n  - exception: {name: A, type: B}\n  - absent: {nam: C}\n  notifiers: {desk: {log: {}}}\n"
    )
    loaded = load({}, environ={}, directory=tmp_path)

    assert ("" if line is None else f"otel-agent.yaml:{line}") == loaded.where(path)
