"""The way out: settings that depend on each other are made to fit, and what cannot take effect is named."""

from pathlib import Path
from typing import Any

import pytest
from relations_rig import about, with_config


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"export": {"to": ["none", "console"]}}, ["export.to"]),
        ({"export": {"to": "console", "endpoint": "http://127.0.0.1"}}, ["export.endpoint"]),
        ({"export": {"to": "console", "traces": {"to": "otlp"}, "endpoint": "http://127.0.0.1"}}, []),
        ({"export": {"headers": {"a": "b"}}}, ["export.headers"]),
        ({"export": {"headers": {"a": "b"}, "to": "otlp"}}, []),
        ({"export": {"headers": {"a": "b"}, "logs": {"endpoint": "http://127.0.0.1"}}}, []),
        ({"export": {"to": "console"}, "spool": {"directory": "a"}}, ["spool.directory"]),
        ({"export": {"to": "file"}, "spool": {"directory": "a"}}, []),
        ({"spool": {"directory": "a"}}, []),
        ({"export": {"file": "a"}}, ["export.file"]),
        ({"export": {"file": "a", "to": "file"}}, []),
        ({"export": {"logs": {"to": "console"}}, "logs": {"export": False}}, ["export.logs.to"]),
        ({"export": {"endpoint": "http://127.0.0.1:4317"}}, ["export.endpoint"]),
        ({"export": {"endpoint": "http://127.0.0.1:4318", "protocol": "grpc"}}, ["export.endpoint"]),
        ({"export": {"endpoint": "127.0.0.1:4317", "protocol": "grpc"}}, []),
        ({"export": {"endpoint": "http://127.0.0.1/v1/traces"}}, ["export.endpoint"]),
        ({"export": {"traces": {"endpoint": "http://127.0.0.1/v1/traces"}}}, []),
        ({"export": {"endpoint": "http://collector:1", "headers": {"a": "b"}}}, ["export.headers"]),
        ({"export": {"endpoint": "http://collector:1", "headers": {"a": "b"}, "insecure": True}}, []),
        ({"export": {"endpoint": "https://collector:1", "headers": {"a": "b"}}}, []),
        ({"export": {"endpoint": "http://[::1]:1", "headers": {"a": "b"}}}, []),
    ],
    ids=str,
)
def test_what_surprises_is_said_by_name(config: dict[str, Any], expected: list[str]) -> None:
    """A setting without effect, or with one that is easily overlooked, is in exactly one warning."""
    loaded = with_config(config)

    assert (expected, ()) == (about(loaded), loaded.problems)


def test_a_batch_follows_a_shorter_queue() -> None:
    """The default batch gives way; a given one is said."""
    assert (100, ()) == (
        (loaded := with_config({"queue": {"logs": 100}})).config.queue.batch,
        loaded.problems,
    )


def test_a_signal_s_path_is_taken_off_the_base_address() -> None:
    """Many give the address of traces where that of all signals is wanted."""
    loaded = with_config({}, endpoint="http://127.0.0.1:4318/v1/traces/")

    assert "http://127.0.0.1:4318/v1/metrics" == loaded.config.export.for_signal("metrics").url


def test_a_certificate_that_is_missing_stays_set(tmp_path: Path) -> None:
    """Otherwise the system's certificates would be trusted in its place, in silence."""
    loaded = with_config({"export": {"certificate": "/nowhere/ca.pem"}})

    assert "/nowhere/ca.pem" == loaded.config.export.certificate
    assert 1 == len(loaded.problems)
