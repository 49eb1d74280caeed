"""Where each signal goes, and what may be sent and shown of it."""

from typing import Any

import pytest

from otel_agent.delivery.senders.targets import ExportTarget, build_targets, current_headers, display_url, is_loopback
from otel_agent.errors import ConfigurationError


@pytest.mark.parametrize(
    ("endpoint", "protocol", "signals", "expected"),
    [
        (None, "http/protobuf", {}, "http://localhost:4318/v1/traces"),
        ("http://c:4318", "http/protobuf", {}, "http://c:4318/v1/traces"),
        ("http://c:4318/", "http/protobuf", {}, "http://c:4318/v1/traces"),
        ("https://c/otlp", "http/protobuf", {}, "https://c/otlp/v1/traces"),
        ("c:4318", "http/protobuf", {}, "http://c:4318/v1/traces"),
        ("http://c:4318", "http/protobuf", {"traces": {"endpoint": "http://d/mine"}}, "http://d/mine"),
        ("http://c:4318", "http/protobuf", {"logs": {"endpoint": "http://d/mine"}}, "http://c:4318/v1/traces"),
        (None, "grpc", {}, "localhost:4317"),
        ("c:4317", "grpc", {}, "c:4317"),
        ("https://c:4317", "grpc", {}, "https://c:4317"),
    ],
)
def test_endpoints_follow_the_specification(endpoint: str | None, protocol: str, signals: Any, expected: str) -> None:
    """A base gets the signal's path, an endpoint of one signal is used as it is."""
    assert expected == build_targets(endpoint, protocol=protocol, signals=signals)["traces"].url


@pytest.mark.parametrize("endpoint", ["ftp://c", "http://", "http://c:99999", "http:///v1/traces"])
def test_a_wrong_endpoint_is_said_at_once(endpoint: str) -> None:
    """What is no address is a mistake of the set-up, named with what one looks like."""
    with pytest.raises(ConfigurationError, match="an endpoint looks like"):
        build_targets(endpoint)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("x y", "1", "not a valid"), ("", "1", "not a valid"), ("x:", "1", "not a valid"), ("x", "1\r\ny: 2", "value"), ("x", "\u65e5", "value"), ("x", 7, "value")],
)  # fmt: skip
def test_headers_that_could_not_be_sent_are_said(name: str, value: Any, told: str) -> None:
    """Before anything is sent, and without the value."""
    with pytest.raises(ValueError, match=told) as raised:
        current_headers({name: value})

    assert str(value) not in str(raised.value).replace(repr(name), "")


def test_what_one_signal_has_of_its_own_wins() -> None:
    """Settings of a signal stand in place of those for all, and `None` is no setting."""
    targets = build_targets(
        "http://c", signals={"logs": {"compression": "none", "timeout_s": None}}, compression="gzip", timeout_s=3.0
    )

    assert ("none", 3.0) == (targets["logs"].compression, targets["logs"].timeout_s)
    assert ("gzip", 3.0) == (targets["traces"].compression, targets["traces"].timeout_s)


def test_a_request_waits_no_longer_than_the_engine() -> None:
    """The shorter of both times counts."""
    assert [2.0, 5.0, 5.0] == [ExportTarget("", timeout_s=own).patience_s(5.0) for own in (2.0, 7.0, None)]


def test_headers_of_a_function_are_read_each_time() -> None:
    """A function gives new headers, and the credentials of the address go with each of them."""
    tokens = iter("ab")
    target = build_targets("http://u:p@c", headers=lambda: {"x-token": next(tokens)})["traces"]

    assert ["a", "b"] == [current_headers(target.headers)["x-token"] for _ in range(2)]
    assert "http://c/v1/traces" == target.url
    assert "p@c" not in repr(target)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True), ("agent.localhost", True), ("127.8.9.1", True), ("::1", True), ("[::1]", True), (None, True),
        ("10.0.0.1", False), ("localhost.example", False), ("collector", False),
    ],
)  # fmt: skip
def test_this_machine_is_known_by_its_names(host: str | None, is_here: bool) -> None:
    """Names and addresses of the loopback interface are this machine."""
    assert is_here == is_loopback(host)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://user:secret@c:4318/v1?token=secret#secret", "http://c:4318/v1"),
        ("user:secret@c:4317", "c:4317"),
        ("https://[::1]:4318/v1", "https://[::1]:4318/v1"),
    ],
)
def test_an_address_is_shown_without_secrets(url: str, text: str) -> None:
    """User, password, query and fragment stay out of messages."""
    assert text == display_url(url)
