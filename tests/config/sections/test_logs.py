"""What becomes of log records."""

from otel_agent.config.sections.logs import LogFileSettings, LogsSettings


def test_records_are_exported_from_info_on_and_nothing_is_written() -> None:
    """The agent's own handlers stay as they are."""
    logs = LogsSettings()

    assert (None, (), True, "INFO", None) == (logs.console, logs.files, logs.export, logs.level, logs.own_level)


def test_a_file_is_rotated_at_ten_mebibytes() -> None:
    """And five of them are kept."""
    file = LogFileSettings(path="a.log")

    assert (10 * 2**20, 5) == (file.max_bytes, file.backups)
