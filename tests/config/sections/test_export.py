"""What counts for one signal, and where it goes."""

from typing import Any

import pytest
from msgspec import convert

from otel_agent.config.sections.export import SIGNALS, ExportSettings


def export(**settings: Any) -> ExportSettings:
    """A section with settings."""
    return convert(settings, ExportSettings)


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "http://localhost:4318/v1/traces"),
        ({"protocol": "grpc"}, "http://localhost:4317"),
        ({"endpoint": "http://a:1"}, "http://a:1/v1/traces"),
        ({"endpoint": "http://a:1/"}, "http://a:1/v1/traces"),
        ({"endpoint": "http://a:1/base?k=v"}, "http://a:1/base/v1/traces?k=v"),
        ({"endpoint": "http://a:1", "protocol": "grpc"}, "http://a:1"),
        ({"endpoint": "a:1", "protocol": "grpc"}, "https://a:1"),
        ({"endpoint": "a:1", "protocol": "grpc", "insecure": True}, "http://a:1"),
        ({"endpoint": "http://a:1", "traces": {"endpoint": "http://b:2/x"}}, "http://b:2/x"),
        ({"endpoint": "http://a:1", "traces": {"protocol": "grpc"}}, "http://a:1"),
    ],
)
def test_the_url_of_a_signal(settings: dict[str, Any], url: str) -> None:
    """The base address gets the signal's path; an address of the signal's own is used as it is."""
    assert url == export(**settings).for_signal("traces").url


def test_a_signal_s_own_settings_win() -> None:
    """Each setting on its own; headers as a whole, as the specification says."""
    target = export(
        headers={"a": "1", "b": "2"},
        timeout_s=3.0,
        insecure=True,
        logs={"headers": {"c": "3"}, "compression": "none", "insecure": False},
    ).for_signal("logs")

    assert ({"c": "3"}, 3.0, "none", False, "http/protobuf") == (
        target.headers,
        target.timeout_s,
        target.compression,
        target.insecure,
        target.protocol,
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (("console",), ("console",), ("console",))),
        ({"endpoint": "http://a"}, (("otlp",), ("otlp",), ("otlp",))),
        ({"traces": {"endpoint": "http://a"}}, (("otlp",), (), ())),
        ({"to": ["none"]}, ((), (), ())),
        ({"to": ["console", "file"]}, (("console", "file"),) * 3),
        ({"endpoint": "http://a", "to": ["none"]}, ((), (), ())),
        ({"endpoint": "http://a", "metrics": {"to": ["none"]}}, (("otlp",), (), ("otlp",))),
        ({"to": ["console"], "logs": {"to": ["otlp"]}}, (("console",), ("console",), ("otlp",))),
    ],
)
def test_destinations(settings: dict[str, Any], expected: tuple[tuple[str, ...], ...]) -> None:
    """What `to` says; otherwise OTLP where there is an address, else the terminal."""
    section = export(**settings)

    assert expected == tuple(section.destinations(signal, has_terminal=True) for signal in SIGNALS)


def test_without_a_terminal_and_an_address_nothing_is_exported() -> None:
    """A daemon whose set-up names no receiver stays silent."""
    assert () == export().destinations("traces", has_terminal=False)
