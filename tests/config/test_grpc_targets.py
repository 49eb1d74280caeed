"""Targets of gRPC that are no URLs."""

import pytest

from otel_agent.config.grpc_targets import is_grpc_target, is_local_target, target_problem
from otel_agent.config.loading import Loaded, load


def with_grpc(endpoint: str, **more: object) -> Loaded:
    """A configuration that speaks gRPC to an endpoint."""
    arguments = {"endpoint": endpoint, "protocol": "grpc", **more}
    return load(arguments, environ={}, directory="/nowhere", script="s.py")


@pytest.mark.parametrize(
    ("target", "is_local"),
    [
        ("unix:/run/otel.sock", True),
        ("unix:otel.sock", True),
        ("unix:///run/otel.sock", True),
        ("unix-abstract:otel", True),
        ("vsock:2:4317", True),
        ("dns:localhost:4317", True),
        ("dns:///localhost:4317", True),
        ("dns://10.0.0.53/collector:4317", False),
        ("dns:collector", False),
        ("ipv4:127.0.0.1:4317", True),
        ("ipv4:127.0.0.1:4317,10.0.0.1:4317", False),
        ("ipv6:[::1]:4317", True),
        ("ipv6:%5B2001:db8::1%5D:4317", False),
        ("xds:///collector", False),
    ],
)
def test_what_the_client_takes_is_taken(target: str, is_local: bool) -> None:
    """Each form goes on as it was written; whether it leaves the machine decides about TLS and packing."""
    loaded = with_grpc(target)
    resolved = loaded.config.export.for_signal("traces")

    assert (True, None, is_local) == (is_grpc_target(target), target_problem(target), is_local_target(target))
    assert ((), target, "none" if is_local else "gzip") == (loaded.problems, resolved.url, resolved.compression)


@pytest.mark.parametrize(
    "target",
    [
        "unix:",
        "unix://",
        "dns:",
        "dns:a:b",
        "dns:a:70000",
        "ipv4:collector:4317",
        "ipv6:::1:4317",
        "ipv4:10.0.0.1:0",
        "vsock:a",
    ],
)
def test_a_wrong_target_is_said_with_an_example(target: str) -> None:
    """One line shows the form, and the agent goes on without it."""
    loaded = with_grpc(target)

    assert None is loaded.config.export.endpoint
    assert 1 == len(loaded.problems)
    assert f"expected a gRPC target such as {target.partition(':')[0]}:" in loaded.problems[0]


@pytest.mark.parametrize("endpoint", ["http://unix:4317", "localhost:4317", "unixes:4317", "https://dns"])
def test_urls_are_no_targets(endpoint: str) -> None:
    """A host may be called like a scheme."""
    assert not is_grpc_target(endpoint)


def test_http_takes_no_target() -> None:
    """The message says which protocol does."""
    loaded = load({"endpoint": "unix:/run/otel.sock"}, environ={}, directory="/nowhere", script="s.py")

    assert None is loaded.config.export.endpoint
    assert "is no address of HTTP; write protocol: grpc" in loaded.problems[0]


def test_a_signal_that_inherits_a_target_speaks_grpc() -> None:
    """Another protocol of its own could not reach it: that is said, and put right."""
    loaded = with_grpc("unix:/run/otel.sock", config={"export": {"traces": {"protocol": "http/protobuf"}}})

    assert "grpc" == loaded.config.export.for_signal("traces").protocol
    assert 1 == len(loaded.problems)
    assert "which only grpc reaches" in loaded.problems[0]
