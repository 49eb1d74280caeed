"""Readings of psutil hold what the metrics need."""

import os
import threading

from otel_agent.instruments.machine.psutil_readings import read_host, read_host_in_detail, read_process


def test_totals_have_no_single_cpus_and_one_filesystem() -> None:
    """Without detail the working directory's filesystem is the only one looked at."""
    found = read_host()

    assert {} == found.cpus
    assert [os.path.realpath(".")] == list(found.filesystems)
    assert found.memory is not None
    assert found.memory.total_bytes >= found.memory.available_bytes > 0
    assert {"user", "system", "idle", "interrupt"} <= set(found.cpu)


def test_detail_has_every_cpu() -> None:
    """Each CPU is told apart by its logical number."""
    found = read_host_in_detail()

    assert set(range(os.cpu_count() or 1)) == set(found.cpus)
    assert all(sum(times.values()) > 0 for times in found.cpus.values())


def test_the_process_that_reads_is_the_one_that_is_read() -> None:
    """A thread more is a thread more."""
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    during = read_process()
    release.set()
    thread.join()

    assert (during.threads or 0) >= 2
    assert (during.memory_bytes or 0) > 1 << 20
    assert (during.uptime_s or 0) > 0
