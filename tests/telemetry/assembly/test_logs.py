"""Where log records come from, and where they go."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource

from otel_agent.config.model import Config
from otel_agent.config.sections.logs import LogsSettings
from otel_agent.delivery.queues import SignalQueue
from otel_agent.logs import otel
from otel_agent.providers.existing import Existing
from otel_agent.redaction.redactor import Redactor
from otel_agent.telemetry.assembly.logs import Logging, build_logging
from otel_agent.testing import recorded


def built(tmp_path: Path, *, is_wanted: bool = True, existing: Existing | None = None, **logs: Any) -> Logging:
    """Logging of a configuration."""
    return build_logging(
        Config(logs=LogsSettings(**logs)),
        Resource({}),
        SignalQueue(10),
        Redactor(),
        [],
        existing=existing or Existing(),
        is_wanted=is_wanted,
        directory=tmp_path,
        observe=lambda _: None,
    )


def test_where_nobody_takes_records_there_is_no_bridge(tmp_path: Path) -> None:
    """`logging` is left alone."""
    assert built(tmp_path, is_wanted=False).bridge is None
    assert built(tmp_path, export=False).bridge is None
    assert built(tmp_path).bridge is not None


def test_the_bridge_has_the_level_of_the_configuration(tmp_path: Path) -> None:
    """What is below it is not taken."""
    bridge = built(tmp_path, level="ERROR").bridge

    assert bridge is not None
    assert logging.ERROR == bridge.level


def test_records_that_somebody_else_exports_already_are_not_taken_twice(tmp_path: Path) -> None:
    """Their provider stays, and feeds our queue as well."""
    theirs = otel.build_logger_provider(SignalQueue(10), Resource({}))
    logs = built(tmp_path, existing=Existing(logger_provider=theirs, has_log_handler=True))

    assert theirs is logs.provider
    assert logs.bridge is None


@pytest.mark.parametrize("export", [True, False])
def test_a_file_is_written_whether_records_are_sent_or_not(export: bool, tmp_path: Path) -> None:
    """Through `init`."""
    logs = {"files": [{"path": str(tmp_path / "agent.log")}], "export": export}
    with recorded(config={"logs": logs}) as telemetry:
        logging.getLogger("trader").warning("decided")
    lines = [json.loads(line) for line in (tmp_path / "agent.log").read_text().splitlines()]

    assert 1 == sum("decided" in str(line) for line in lines)
    assert (["decided"] if export else []) == [record["body"] for record in telemetry.logs]
