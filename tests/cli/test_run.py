"""`otel-agent run` starts a program as it would start without us."""

from pathlib import Path

from command_line import otel_agent
from otlp_server import OtlpServer


def test_run_instruments_a_program_without_a_line_of_ours(tmp_path: Path) -> None:
    """Zero code: functions of chosen modules have spans, and arguments, output and status are the program's own."""
    (tmp_path / "trader.py").write_text("import time\n\ndef decide():\n    time.sleep(0.02)\n")
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


def test_run_names_a_program_that_is_not_there(tmp_path: Path) -> None:
    """No traceback for a typo."""
    ended = otel_agent("run", "--", "no-such-program", home=tmp_path)

    assert 1 == ended.returncode
    assert "program not found on the PATH: 'no-such-program'" in ended.stderr


def test_run_says_what_is_missing(tmp_path: Path) -> None:
    """Without a program the usage is wrong, and an example shows what is right."""
    ended = otel_agent("run", "--export", "none", home=tmp_path)

    assert 2 == ended.returncode
    assert "no program given; for example: otel-agent run -- python agent.py" in ended.stderr


def test_settings_travel_as_variables(tmp_path: Path) -> None:
    """What is given on the command line reaches the program, and programs it starts, in the environment."""
    code = "import os; print(os.environ['OTEL_SERVICE_NAME'], os.environ['OTEL_AGENT_EXPORT__TO'])"
    ended = otel_agent(*("run", "--service-name", "t", "--export", "none", "--", "python", "-c", code), home=tmp_path)

    assert (0, "t none\n", "") == (ended.returncode, ended.stdout, ended.stderr)
