"""The command line as a whole, `run` and `doctor`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from agent_process import environment
from otlp_server import OtlpServer

from otel_agent.cli import COMMANDS, main

PROGRAM = Path(sys.executable).with_name("otel-agent")


def otel_agent(*words: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would."""
    return subprocess.run(
        [str(PROGRAM), *words],
        cwd=home,
        env=environment(home, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_is_for(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each takes `--help`, and says there in a sentence what the list of commands says in a line."""
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    said = " ".join(capsys.readouterr().out.split())

    assert 0 == ended.value.code
    assert f"usage: otel-agent {name} " in said
    assert f" {COMMANDS[name][0].upper()}{COMMANDS[name][1:]}. " in said


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A typo says what there is."""
    with pytest.raises(SystemExit) as ended:
        main(["demmo"])

    assert 2 == ended.value.code
    assert "demmo" in capsys.readouterr().err


def test_run_instruments_a_program_without_a_line_of_ours(tmp_path: Path) -> None:
    """Zero code: functions of chosen modules have spans, and arguments, output and status are the program's own."""
    (tmp_path / "trader.py").write_text("import time\ndef decide():\n    time.sleep(0.005)\n")
    (tmp_path / "agent.py").write_text(
        "import sys, trader\ntrader.decide()\nprint(sys.argv[1:], __name__)\nsys.exit(7)\n"
    )
    with OtlpServer() as server:
        ended = otel_agent(
            *("run", "--service-name", "t", "--endpoint", server.endpoint, "--modules", "trader"),
            *("--", "python", "agent.py", "--flag", "x"),
            home=tmp_path,
        )

        assert (7, "['--flag', 'x'] __main__\n", "") == (ended.returncode, ended.stdout, ended.stderr)
        assert ["decide"] == [name for _, _, name in server.spans]


def test_run_keeps_the_agents_own_site_customization(tmp_path: Path) -> None:
    """A `sitecustomize` of the agent's environment runs as it would without us."""
    (tmp_path / "sitecustomize.py").write_text("import os\nos.environ['CUSTOMIZED'] = 'yes'\n")
    ended = otel_agent(
        *("run", "--export", "none", "--", "python", "-c", "import os; print(os.environ['CUSTOMIZED'])"),
        home=tmp_path,
        PYTHONPATH=f"{tmp_path}:{Path(__file__).parents[2]}",
    )

    assert "yes" == ended.stdout.strip()


def test_run_names_a_program_that_is_not_there(tmp_path: Path) -> None:
    """No traceback for a typo."""
    ended = otel_agent("run", "--", "no-such-program", home=tmp_path)

    assert 1 == ended.returncode
    assert "program not found on the PATH: 'no-such-program'" in ended.stderr


def test_doctor_is_content_when_everything_is_in_place(tmp_path: Path) -> None:
    """A receiver that answers, a disk that can be written to: status 0, and every line says so."""
    with OtlpServer() as server:
        ended = otel_agent("doctor", "--endpoint", server.endpoint, "--json", home=tmp_path)
    verdicts = {finding["subject"]: finding["verdict"] for finding in json.loads(ended.stdout)}

    assert 0 == ended.returncode
    assert {"traces": "ok", "metrics": "ok", "logs": "ok", "spool": "ok"}.items() <= verdicts.items()


@pytest.mark.parametrize(("mode", "word"), [("404", "404"), ("html", "html"), ("401", "401")])
def test_doctor_says_what_is_wrong_with_a_receiver(mode: str, word: str, tmp_path: Path) -> None:
    """A wrong path, a captive portal, a missing token: status 1, and the line names it."""
    with OtlpServer(mode=mode) as server:
        ended = otel_agent("doctor", "--endpoint", server.endpoint, home=tmp_path)

    assert 1 == ended.returncode
    assert word in ended.stdout.lower()
