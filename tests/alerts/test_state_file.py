"""The state file is whole at any moment, for its owner alone, and believed only when it is ours."""

import json
from pathlib import Path

import pytest

from otel_agent.alerts.groups import GroupRun
from otel_agent.alerts.notify.acknowledgement import Acknowledgements
from otel_agent.alerts.rules.files import read_text
from otel_agent.alerts.state_file import read_state_file, restore_state, state_content, write_state_file
from otel_agent.series.store import Store

T0_MS = 1_700_000_000_000
RULES = "groups: [{name: g, rules: [{alert: High, expr: vector(1), for: 1m}, {record: r, expr: vector(2)}]}]"


def group() -> GroupRun:
    """Rules whose alert is always active."""
    return GroupRun(read_text(RULES).groups[0], Store())


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Folders are made, the file is the owner's only, and nothing is left beside it."""
    path = tmp_path / "a" / "b" / "alerts.json"
    write_state_file(path, {"alerts": {"x": [1]}})
    write_state_file(path, {"alerts": {"y": [2]}})

    assert {"version": 1, "alerts": {"y": [2]}} == read_state_file(path)
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(path.parent.iterdir())


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """Values that are no JSON raise, the former content stays, and no half file lies beside it."""
    path = tmp_path / "alerts.json"
    write_state_file(path, {"alerts": {}})
    with pytest.raises(TypeError):
        write_state_file(path, {"alerts": {"x": object()}})

    assert {"version": 1, "alerts": {}} == read_state_file(path)
    assert [path] == list(tmp_path.iterdir())


def test_a_file_that_is_not_there_is_an_empty_state(tmp_path: Path) -> None:
    """A first start has nothing to take over and nothing to complain of."""
    assert {} == read_state_file(tmp_path / "alerts.json")


@pytest.mark.parametrize("content", ["", "[]", '{"version": 99}', "{"])
def test_what_is_something_else_is_refused(tmp_path: Path, content: str) -> None:
    """Other JSON, other versions and broken files are errors of value."""
    path = tmp_path / "alerts.json"
    path.write_text(content)

    with pytest.raises(ValueError, match=r"alerts|Expecting"):
        read_state_file(path)


def test_alerts_and_acknowledgements_come_back() -> None:
    """What the content of a state file names is taken over by the rules of another process."""
    before, after = group(), group()
    before.evaluate(T0_MS)
    acknowledged, restored = Acknowledgements(), Acknowledgements()
    (alert,) = (alert for one in before.rules[0].alertings() for alert in one.active())
    acknowledged.add(alert, "ana", "on it", T0_MS, None)
    content = json.loads(json.dumps(state_content(before.rules, acknowledged, T0_MS + 1_000)))
    restore_state(content, after.rules, restored, T0_MS + 5_000)
    alerting = after.rules[0].alerting

    assert T0_MS + 1_000 == content["saved_at_ms"]
    assert ["High/vector(1)"] == list(content["alerts"])
    assert alerting is not None
    assert [("pending", T0_MS + 4_000)] == [(one.state.value, one.active_at_ms) for one in alerting.active()]
    assert restored.covering(alert, T0_MS + 6_000) is not None


def test_a_rule_that_was_changed_gets_no_alerts_back() -> None:
    """Alerts belong to a rule by its name and expression; another expression begins anew."""
    before = group()
    before.evaluate(T0_MS)
    content = state_content(before.rules, Acknowledgements(), T0_MS)
    after = GroupRun(read_text(RULES.replace("vector(1)", "vector(3)")).groups[0], Store())
    restore_state(content, after.rules, Acknowledgements(), T0_MS)

    assert after.rules[0].alerting is not None
    assert [] == after.rules[0].alerting.active()
