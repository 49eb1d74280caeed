"""Two thousand five hundred rules as people publish them: promtool 3 and Prometheus 3 say what the agent says."""

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from public_rules import PublicFile, broken_files, generated_files, input_series
from real_programs import Server, free_ports, get_json, program, started

from otel_agent.alerts.groups import GroupRun
from otel_agent.alerts.rules.files import RuleSet, read_file
from otel_agent.alerts.series_notation import read_labels, read_points
from otel_agent.alerts.states import AlertState
from otel_agent.series.store import Store

pytestmark = pytest.mark.e2e
SEED, RULES, CHANGED = 20261201, 2500, 300
MINUTES = 10


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All rule files, in a folder."""
    folder = tmp_path_factory.mktemp("rules")
    written(folder, generated_files(SEED, RULES))
    return folder


def written(folder: Path, made: Iterable[PublicFile]) -> list[Path]:
    """Files as they are, line ends too."""
    for file in made:
        (folder / file.name).write_text(file.text, encoding="utf-8", newline="")
    return [folder / file.name for file in made]


def refused(paths: list[Path]) -> dict[str, str]:
    """Names of files promtool refuses, and why."""
    result = subprocess.run(
        [program("promtool"), "check", "rules", "--lint=none", *(path.name for path in paths)],
        cwd=paths[0].parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return dict(re.findall(r"^\s*(\S+\.yml): (.*)", result.stdout + result.stderr, re.MULTILINE))


def test_the_verdicts_are_promtool_s(files: Path, tmp_path: Path) -> None:
    """Of whole files, and of files with one change that may or may not be a mistake."""
    whole = sorted(files.glob("*.yml"))
    changed = written(tmp_path, broken_files(SEED, CHANGED))
    theirs = {**refused(whole), **refused(changed)}
    ours = {path.name: read_file(path) for path in (*whole, *changed)}
    differing = {
        name: (theirs.get(name, "taken"), found.problems)
        for name, found in ours.items()
        if (name in theirs) != bool(found.problems)
    }

    assert {} == differing
    assert RULES <= sum(len(ours[path.name].rules) for path in whole)
    assert not {path.name for path in whole} & set(theirs)
    assert CHANGED / 4 < len(theirs) < CHANGED


def test_what_is_loaded_is_what_prometheus_loads(files: Path, tmp_path: Path) -> None:
    """Names, labels, texts, lengths of time and limits of every rule, from Prometheus's own API."""
    port = free_ports(1)[0]
    (tmp_path / "prometheus.yml").write_text(f"rule_files: ['{files}/*.yml']\n")
    command = [
        program("prometheus"),
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with started(Server("prometheus", command, tmp_path, f"http://127.0.0.1:{port}/-/ready")):
        groups = get_json(f"http://127.0.0.1:{port}/api/v1/rules")["data"]["groups"]
    theirs = {(Path(group["file"]).name, group["name"]): [loaded(rule) for rule in group["rules"]] for group in groups}
    ours = {
        (path.name, group.name): [
            (
                rule.name,
                {name: template.text for name, template in rule.labels.items()},
                {name: template.text for name, template in rule.annotations.items()},
                rule.hold_s,
                rule.keep_firing_for_s,
            )
            for rule in group.rules
        ]
        for path in sorted(files.glob("*.yml"))
        for group in read_file(path).groups
    }

    assert theirs.keys() >= ours.keys()
    assert (
        []
        == [(key, *pair) for key in ours for pair in zip(theirs[key], ours[key], strict=True) if pair[0] != pair[1]][:5]
    )
    assert RULES <= sum(map(len, ours.values()))


def loaded(rule: dict[str, Any]) -> tuple[Any, ...]:
    """A rule as the API tells it."""
    labels, texts = rule.get("labels") or {}, rule.get("annotations") or {}
    return rule["name"], labels, texts, float(rule.get("duration", 0)), float(rule.get("keepFiringFor", 0))


def test_the_alerts_are_promtool_s(files: Path) -> None:
    """After ten minutes over the same series, the same alerts fire with the same labels and the same texts."""
    series = input_series(SEED)
    names = []
    fired = 0
    for path in sorted(files.glob("rules-*.yml")):
        tests = judged(read_file(path), series)
        fired += sum(len(test["exp_alerts"]) for test in tests)
        names.append(f"test-{path.name}")
        content = {
            "rule_files": [path.name],
            "evaluation_interval": "1m",
            "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": tests}],
        }
        (files / names[-1]).write_text(yaml.dump(json.loads(json.dumps(content)), Dumper=yaml.CSafeDumper))
    result = subprocess.run(
        [program("promtool"), "test", "rules", *names], cwd=files, capture_output=True, text=True, check=False
    )
    for name in names:
        (files / name).unlink()

    wrong = re.findall(r"FAILED:\n.*?(?=\n\n|\Z)", result.stdout + result.stderr, re.DOTALL)
    assert (0, []) == (result.returncode, wrong[:3]), result.stderr[:2000]
    assert fired > RULES / 2


def judged(rules: RuleSet, series: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What fires here after ten minutes, as promtool's unit tests say it."""
    store = Store(series_limit=100_000)
    for entry in series:
        for minute, point in enumerate(read_points(entry["values"])):
            if point is not None:
                store.append(read_labels(entry["series"]), minute * 60_000, point)
    runs = [GroupRun(group, store, budget_s=3600.0) for group in rules.groups]
    for minute in range(MINUTES + 1):
        for run in runs:
            run.evaluate(minute * 60_000)
    alerts: dict[str, list[dict[str, Any]]] = {}
    for one in (one for run in runs for one in run.rules if one.alerting is not None):
        assert one.alerting is not None
        found = alerts.setdefault(one.rule.name, [])
        for alert in one.alerting.active():
            if alert.state is AlertState.FIRING:
                labels = alert.labels.as_dict()
                del labels["alertname"]
                found.append({"exp_labels": labels, "exp_annotations": alert.annotations})
    return [{"eval_time": f"{MINUTES}m", "alertname": name, "exp_alerts": found} for name, found in alerts.items()]
