"""What lies in a spool's directory, read while processes write to it."""

from pathlib import Path

from otel_agent.delivery.spool.inventory import take_inventory
from otel_agent.delivery.spool.spool import Spool


def test_what_waits_is_counted_by_service(tmp_path: Path) -> None:
    """Items, bytes, living and gone processes and refused records are found, and nothing is touched."""
    gone = Spool(tmp_path, service="trader")
    gone.append("traces", b"request", 7)
    gone.close()
    running = Spool(tmp_path, service="trader")
    running.append("logs", b"request", 3)
    running.quarantine("logs", b"request", "refused")
    other = Spool(tmp_path, service="other")
    other.append("metrics", b"request", 1)
    before = sorted(tmp_path.rglob("*"))
    found = {each.directory: each for each in take_inventory(tmp_path)}
    trader = found[running.directory]

    assert {running.directory, other.directory} == set(found)
    assert ({"traces": 7, "logs": 3}, 10) == (trader.items, trader.total)
    assert (1, 1, 1) == (trader.running, trader.gone, trader.quarantined)
    assert trader.size_bytes == sum(path.stat().st_size for path in running.directory.rglob("*.seg"))
    assert trader.oldest_s is not None
    assert before == sorted(tmp_path.rglob("*"))
    running.close()
    other.close()


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    """A directory that does not exist, and one without services, are empty; a service may have nothing that waits."""
    (tmp_path / "file").write_text("")
    (tmp_path / "service-00000000").mkdir()
    (empty,) = take_inventory(tmp_path)

    assert [] == take_inventory(tmp_path / "missing")
    assert (0, None, 0, 0) == (empty.total, empty.oldest_s, empty.running, empty.quarantined)
