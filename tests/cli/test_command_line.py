"""The command line as a whole."""

from importlib.metadata import version

import pytest

import otel_agent
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


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (("doctr",), "doctor"),
        (("version",), "--version"),
        (("config", "chek"), "check"),
        (("spool", "drain", "--endpiont", "x"), "--endpoint"),
        (("spool", "drain", "--protocol", "gprc"), "grpc"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(
    words: tuple[str, ...], nearest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command, an action, an option and a choice that do not exist end with status 2 and the one that is most like them."""
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert 2 == ended.value.code
    assert f"did you mean {nearest}?" in capsys.readouterr().err


def test_a_word_like_no_other_is_answered_with_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is near, nothing is guessed."""
    with pytest.raises(SystemExit):
        main(["zzzzzz"])
    said = capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["demo", "--given"])  # another command has it

    assert "did you mean" not in said
    assert "did you mean" not in capsys.readouterr().err
    assert "libraries" in said


def test_the_version_is_that_of_the_metadata(capsys: pytest.CaptureFixture[str]) -> None:
    """`otel-agent --version` and `otel_agent.__version__` say what the package index calls this version."""
    assert 0 == main(["--version"])
    assert f"otel-agent {version('otel-agent')}\n" == capsys.readouterr().out
    assert version("otel-agent") == otel_agent.__version__
