"""What the spool has given up."""

from pathlib import Path

from otel_agent import guard
from otel_agent.delivery.spool.losses import AGED, FULL, Loss, SpoolLosses


def test_losses_are_told_when_the_lock_is_free(tmp_path: Path) -> None:
    """Noting calls nobody; telling calls back once for each, in order, and says it in the log's count."""
    told: list[Loss] = []
    losses = SpoolLosses(tmp_path)
    losses.callback = lambda *loss: told.append(loss)
    before = guard.shared.counts().get("spool.spool_full", 0)
    losses.note("traces", 7, FULL)
    losses.note("logs", 3, AGED)
    losses.note("logs", 0, AGED)
    noted = list(told)
    losses.tell()
    losses.tell()

    assert [] == noted
    assert [("traces", 7, "spool_full"), ("logs", 3, "spool_age")] == told
    assert before + 1 == guard.shared.counts()["spool.spool_full"]


def test_a_child_does_not_tell_its_parents_losses(tmp_path: Path) -> None:
    """What was noted before a fork is the parent's to count."""
    told: list[Loss] = []
    losses = SpoolLosses(tmp_path)
    losses.callback = lambda *loss: told.append(loss)
    losses.note("traces", 7, FULL)
    losses.forget()
    losses.tell()

    assert [] == told
