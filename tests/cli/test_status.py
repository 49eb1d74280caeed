"""`otel-agent status`; what it answers is tested in `test_asking`."""

import pytest

from otel_agent.cli import main


def test_it_says_what_it_wants(capsys: pytest.CaptureFixture[str]) -> None:
    """Whom to ask."""
    with pytest.raises(SystemExit):
        main(["status", "--help"])

    assert "PID" in capsys.readouterr().out
