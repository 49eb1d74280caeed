"""`otel-agent demo` replays the trading agent."""

import argparse
import subprocess
import sys
from typing import Any

import pytest

from otel_agent.cli import demo
from otel_agent.demo import replay
from otel_agent.errors import MissingExtraError


def parse(*words: str) -> argparse.Namespace:
    """The arguments of a command."""
    parser = argparse.ArgumentParser()
    demo.configure(parser)
    return parser.parse_args(words)


def test_arguments_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days, speed and endlessness are the replay's, each with a default."""
    calls: list[Any] = []
    monkeypatch.setattr(replay, "replay", lambda *args, **kwargs: calls.append((args, kwargs)))

    assert 0 == demo.run(parse())
    assert 0 == demo.run(parse("--days", "3", "--speed", "0", "--forever", "--endpoint", "http://127.0.0.1:9"))
    assert [
        ((100, 10.0), {"forever": False, "endpoint": None}),
        ((3, 0.0), {"forever": True, "endpoint": "http://127.0.0.1:9"}),
    ] == calls


def test_a_replay_has_a_day_at_least(capsys: pytest.CaptureFixture[str]) -> None:
    """No day is wrong usage, said before anything starts."""
    with pytest.raises(SystemExit) as ended:
        parse("--days", "0")

    assert 2 == ended.value.code
    assert "at least 1, not 0" in capsys.readouterr().err


def test_the_command_names_the_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SQLAlchemy the message says what to install; a module of ours that is missing is no extra."""

    class Missing:
        def __init__(self, name: str) -> None:
            self.name = name

        def __getattr__(self, _: str) -> Any:
            raise ModuleNotFoundError(name=self.name)

    monkeypatch.setattr(demo, "replay", Missing("sqlalchemy"))
    with pytest.raises(MissingExtraError, match="demo"):
        demo.run(parse())
    monkeypatch.setattr(demo, "replay", Missing("otel_agent.demo.lost"))
    with pytest.raises(ModuleNotFoundError):
        demo.run(parse())


def test_help_loads_no_demo() -> None:
    """A command's arguments are known without what the command needs."""
    code = (
        "import argparse, sys; from otel_agent.cli import demo; demo.configure(argparse.ArgumentParser())\n"
        "print([name for name in ('sqlalchemy', 'otel_agent.demo.replay') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert "[]" == result.stdout.strip()
