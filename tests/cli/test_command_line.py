"""The command line as a whole."""

import pytest

from otel_agent.cli import COMMANDS, main


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
