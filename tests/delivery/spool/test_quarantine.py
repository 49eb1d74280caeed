"""Records that receivers refused, put apart."""

from pathlib import Path

from otel_agent.delivery.spool.quarantine import MAX_BYTES, put_apart
from otel_agent.delivery.spool.spool import Spool


def test_the_quarantine_is_bounded(tmp_path: Path) -> None:
    """Of refused records only the newest are kept."""
    spool = Spool(tmp_path)
    for number in range(120):
        spool.quarantine("logs", b"request", f"refused {number}")

    assert 100 == len(list(tmp_path.rglob("*.txt")))
    assert 100 == len(list(tmp_path.rglob("*.pb")))
    assert "refused 119" in {path.read_text() for path in tmp_path.rglob("*.txt")}


def test_a_record_lies_beside_the_receivers_words(tmp_path: Path) -> None:
    """Request and words have one name and are for their owner only."""
    put_apart(tmp_path, "logs", b"request", "too \udcff old", 7)
    text, body = (next(tmp_path.rglob(f"*{suffix}")) for suffix in (".txt", ".pb"))

    assert ("too \\udcff old", b"request") == (text.read_text(), body.read_bytes())
    assert text.with_suffix("") == body.with_suffix("")
    assert {0o600} == {path.stat().st_mode & 0o777 for path in (text, body)}


def test_of_a_large_record_only_the_words_are_kept(tmp_path: Path) -> None:
    """A megabyte is enough to look at."""
    put_apart(tmp_path, "traces", bytes(MAX_BYTES + 1), "too large", 7)

    assert ["too large"] == [path.read_text() for path in tmp_path.rglob("*.*")]
