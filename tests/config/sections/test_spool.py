"""Where telemetry waits."""

from otel_agent.config.sections.spool import QueueSettings, SpoolSettings


def test_a_batch_fits_into_the_queues() -> None:
    """By default many of them do."""
    queue = QueueSettings()

    assert queue.batch <= min(queue.spans, queue.logs)


def test_the_spool_takes_what_cannot_be_sent() -> None:
    """A quarter of a gibibyte, a day, and never the last of the disk."""
    spool = SpoolSettings()

    assert (True, None, "spill") == (spool.enabled, spool.directory, spool.level)
    assert (2**28, 86_400.0, 2**26) == (spool.max_bytes, spool.max_age_s, spool.min_free_bytes)
