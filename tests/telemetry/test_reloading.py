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


def test_redaction_counts_at_once_and_a_wrong_pattern_changes_nothing(tmp_path: Path) -> None:
    """A name that is kept stays from the reload on, a name that is added goes; a pattern that could take for ever is refused with its line."""
    export = "export: {to: [file], file: wire.jsonl}\n"
    (tmp_path / "otel-agent.yaml").write_text(f"{export}redact: {{keys: [desk]}}\n")
    code = f"""
    import logging, pathlib
    import otel_agent
    telemetry = otel_agent.init("agent", instrument=False, trace_modules=False)
    def log(text):
        logging.getLogger("a").warning("%s desk=QxBook1 iban=QxBook2 session_id=QxBook3abc", text)
        telemetry.flush(10)
    log("before")
    pathlib.Path("otel-agent.yaml").write_text({export!r} + "redact: {{keys: [iban], keep: ['^session_id$']}}\\n")
    print(len(telemetry.reload()))
    log("after")
    pathlib.Path("otel-agent.yaml").write_text({export!r} + "redact:\\n  values: ['(a+)+$']\\n")
    print(telemetry.reload())
    log("still")
    telemetry.shutdown(10)
    """
    ended = run_agent(code, tmp_path)
    wire = (tmp_path / "wire.jsonl").read_text()
    said = {word: [f"QxBook{number}" in line for number in (1, 2, 3)] for word in ("before", "after", "still") for line in wire.splitlines() if f"{word} desk" in line}  # fmt: skip

    assert ["2", "()"] == ended.out.splitlines(), ended
    assert {"before": [False, True, False], "after": [True, False, True], "still": [True, False, True]} == said
    assert ["2", "()"] == ended.out.splitlines(), ended
    assert "otel-agent.yaml:3" in ended.err
    assert "can take for ever" in ended.err
    assert "counts from the next start" not in ended.err
