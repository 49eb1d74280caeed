"""The configuration read again while the agent runs."""

from pathlib import Path

from agent_process import Agent, run_agent


def test_rules_count_at_once_and_wrong_ones_change_nothing(tmp_path: Path) -> None:
    """A rule file is read again although no setting has changed; one with a mistake leaves the rules in force."""
    rules = tmp_path / "rules.yml"
    good = "groups: [{name: g, rules: [{alert: %s, expr: vector(1)}]}]\n"
    rules.write_text(good % "First")
    (tmp_path / "otel-agent.yaml").write_text("alerts: {rule_files: [rules.yml], defaults: false}\n")
    code = f"""
    import pathlib
    import otel_agent
    rules = pathlib.Path({str(rules)!r})
    with otel_agent.init("x", instrument=False) as telemetry:
        names = lambda: [run.rule.name for run in telemetry.alerts.rules()]
        said = [names()]
        for text in ({good % "Second"!r}, "groups: [{{name: g, rules: [{{alert: Third, expr: 'vector('}}]}}]"):
            rules.write_text(text)
            telemetry.reload()
            said.append(names())
        print(said)
    """
    with Agent(code, tmp_path) as agent:
        found = agent.end()

    assert "[['First'], ['Second'], ['Second']]\n" == found.out, found
    assert "rules.yml" in found.err
    assert "stays" in found.err


def test_a_reload_applies_what_it_can_and_keeps_what_was_right(tmp_path: Path) -> None:
    """A new level counts at once, other settings are named, and a broken file changes nothing."""
    (tmp_path / "otel-agent.yaml").write_text("logs: {level: WARNING}\n")
    code = """
    import logging, pathlib
    import otel_agent
    from otel_agent.testing import recorded
    with recorded() as telemetry:
        logging.getLogger("a").setLevel("INFO")
        logging.getLogger("a").info("before")
        pathlib.Path("otel-agent.yaml").write_text("logs: {level: INFO}\\nmetrics: {interval_s: 30}\\n")
        print(telemetry.telemetry.reload())
        logging.getLogger("a").info("after")
        pathlib.Path("otel-agent.yaml").write_text("logs: {level: LOUD}\\n")
        print(telemetry.telemetry.reload())
        logging.getLogger("a").info("still")
        print([record["body"] for record in telemetry.logs])
    """
    ended = run_agent(code, tmp_path)

    assert 'logs.level: "WARNING" → "INFO"' in ended.out.splitlines()[0]
    assert ["()", "['after', 'still']"] == ended.out.splitlines()[1:]
    assert "counts from the next start on: metrics.interval_s" in ended.err
    assert "LOUD" in ended.err
