"""`otel-agent redact` shows what would be taken out, and changes nothing."""

import io
import json
from pathlib import Path

import pytest

from otel_agent.cli import main
from otel_agent.redaction.detection.issuers import ISSUERS

LINES = 'start\nlogin password=Hx7pW9qLz2 failed\n{"api_key": "Pq4Rs7TuVw"}\ntokens: 512\n'


def test_each_line_names_place_and_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, line and column, the rule, how the secret begins and how long it is; the secret itself is not shown."""
    file = tmp_path / "agent.log"
    file.write_text(LINES)

    assert 0 == main(["redact", str(file)])
    assert [
        f"{file}:2:16: password: Hx… (10 characters)",
        f"{file}:3:14: api key: Pq… (10 characters)",
        "2 would be taken out: password 1, api key 1",
    ] == capsys.readouterr().out.splitlines()
    assert LINES == file.read_text()


def test_what_comes_in_is_looked_at(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A hyphen stands for standard input; `--json` answers in JSON."""
    monkeypatch.setattr("sys.stdin", io.StringIO(LINES))

    assert 0 == main(["redact", "-", "--json"])
    first, second = json.loads(capsys.readouterr().out)
    assert {"line": 2, "column": 16, "rule": "password", "begins": "Hx", "characters": 10} == first
    assert "api key" == second["rule"]


def test_the_text_can_be_written_as_it_would_leave(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--text` writes it with its markers; all else is as it was, also in a file of many blocks."""
    file = tmp_path / "agent.log"
    file.write_text(LINES * 5_000)
    expected = LINES.replace("Hx7pW9qLz2", "[redacted: password]").replace("Pq4Rs7TuVw", "[redacted: api key]")

    assert 0 == main(["redact", str(file), "--text"])
    assert expected * 5_000 == capsys.readouterr().out


def test_a_check_ends_with_status_one(tmp_path: Path) -> None:
    """`--check` is for a pipeline: status 1 when something would be taken out, 0 when nothing would."""
    file = tmp_path / "agent.log"
    file.write_text(LINES)
    clean = tmp_path / "clean.log"
    clean.write_text("order 17 filled\n")

    assert 1 == main(["redact", str(file), "--check"])
    assert 0 == main(["redact", str(clean), "--check"])


def test_the_configuration_of_an_agent_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names and shapes that an agent adds or keeps count here too."""
    config = tmp_path / "otel-agent.yaml"
    config.write_text("redact: {keys: [iban], keep: [password]}\n")
    file = tmp_path / "agent.log"
    file.write_text("password=Hx7pW9qLz2 iban=DE02120300000000202051\n")

    assert 0 == main(["redact", str(file), "--config", str(config)])
    assert "1 would be taken out: configured key 1 1" == capsys.readouterr().out.splitlines()[-1]


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for a typo, or for no name at all."""
    assert 1 == main(["redact", str(tmp_path / "none.log")])
    assert "none.log cannot be read" in capsys.readouterr().err
    assert 1 == main(["redact"])
    assert "which file?" in capsys.readouterr().err


def test_the_rules_for_tokens_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """One row for each kind."""
    assert 0 == main(["redact", "--rules"])
    assert len(ISSUERS) + 2 == len(capsys.readouterr().out.splitlines())
