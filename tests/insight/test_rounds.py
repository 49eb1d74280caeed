"""What is looked at every so many seconds."""

from otel_agent.insight.rounds import IDLE_S, Rounds


def test_each_is_called_when_it_is_due() -> None:
    """A period may change from call to call."""
    called: list[str] = []
    rounds = Rounds()
    rounds.add("slow", lambda: called.append("slow"), 5.0)
    rounds.add("quick", lambda: called.append("quick"), lambda: 0.25)

    assert [0.25, 0.25, 0.25] == [rounds.run(now_s) for now_s in (10.0, 10.25, 15.0)]
    assert ["slow", "quick", "quick", "slow", "quick"] == called


def test_one_that_fails_does_not_keep_the_others() -> None:
    """And is called again."""
    called: list[int] = []
    rounds = Rounds()
    rounds.add("broken", lambda: 1 / 0, 1.0)
    rounds.add("sound", lambda: called.append(1), 1.0)
    rounds.run(1.0)

    assert IDLE_S == rounds.run(2.0)
    assert [1, 1] == called
