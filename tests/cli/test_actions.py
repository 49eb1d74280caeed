"""A command that has several actions."""

import argparse

import pytest

from otel_agent.cli.actions import actions


def parser() -> argparse.ArgumentParser:
    """A command with two actions, one of which takes a file."""
    made = argparse.ArgumentParser(prog="otel-agent ledger")
    for name, action in actions(made, {"check": "check the ledger", "show": "show a file"}):
        if name == "show":
            action.add_argument("file")
    return made


def test_the_action_is_known_by_its_name() -> None:
    """Each action has arguments of its own."""
    assert {"action": "check"} == vars(parser().parse_args(["check"]))
    assert {"action": "show", "file": "a"} == vars(parser().parse_args(["show", "a"]))


@pytest.mark.parametrize("words", [[], ["shwo"], ["check", "a"]])
def test_one_of_them_has_to_be_given(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """None, a typo, and an argument of another action end with 2 and the usage."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(words)

    assert 2 == ended.value.code
    assert "usage: otel-agent ledger" in capsys.readouterr().err


def test_its_line_becomes_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """The help of an action says in a sentence what the list says in a line."""
    with pytest.raises(SystemExit):
        parser().parse_args(["check", "--help"])

    assert "Check the ledger." in capsys.readouterr().out
