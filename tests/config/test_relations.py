"""Settings that depend on each other are made to fit, and what cannot take effect is named."""

from pathlib import Path
from typing import Any

import pytest

from otel_agent.config.loading import Loaded, load


def with_config(config: dict[str, Any], **arguments: Any) -> Loaded:
    """A configuration given as a mapping."""
    return load({"config": config, **arguments}, environ={}, directory="/nowhere", script="s.py")


def about(loaded: Loaded) -> list[str]:
    """The settings that warnings are about."""
    return [line.split(": ")[1] for line in loaded.warnings]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"health": {"host": "0.0.0.0"}}, ["health.host"]),
        ({"health": {"port": 1, "host": "0.0.0.0"}}, ["health.host"]),
        ({"health": {"port": 1, "host": "0.0.0.0", "token": "t"}}, []),
        ({"health": {"port": 1, "host": "::1"}}, []),
        ({"health": {"port": 1, "host": "localhost"}}, []),
        ({"health": {"token": "t"}}, ["health.token"]),
        (
            {"health": {"thresholds": {"cpu": "off", "memory": False, "disk": False, "hold_s": 1}}},
            ["health.thresholds.hold_s"],
        ),
        ({"metrics": {"host": False, "process": False, "detail": True}}, ["metrics.detail"]),
        ({"metrics": {"enabled": False}, "alerts": {"defaults": True}}, ["alerts.defaults"]),
        ({"metrics": {"enabled": False}, "health": {"thresholds": {"cpu": 0.5}}}, ["health.thresholds.cpu"]),
        ({"sampling": {"sampler": "always_on", "ratio": 0.5}}, ["sampling.ratio"]),
        ({"sampling": {"sampler": "always_on", "argument": "1"}}, ["sampling.argument"]),
        ({"sampling": {"argument": "1"}}, ["sampling.argument"]),
        ({"instrument": {"min_duration_s": 1}}, ["instrument.min_duration_s"]),
        ({"propagators": ["none", "baggage"]}, ["propagators"]),
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
        (
            {"resource": {"attributes": {"service.name": "a"}}, "service": {"name": "b"}},
            ["resource.attributes.service.name"],
        ),
    ],
    ids=str,
)
def test_what_surprises_is_said_by_name(config: dict[str, Any], expected: list[str]) -> None:
    """A setting without effect, or with one that is easily overlooked, is in exactly one warning."""
    loaded = with_config(config)

    assert (expected, ()) == (about(loaded), loaded.problems)


def test_collecting_follows_a_shorter_interval() -> None:
    """Only who gave both made a mistake."""
    loaded = with_config({}, metrics_interval_s=0.5)

    assert ((0.5, 0.5), ()) == (
        (loaded.config.metrics.interval_s, loaded.config.metrics.collect_interval_s),
        loaded.problems,
    )
    assert "argument metrics_interval_s" == loaded.origins["metrics.collect_interval_s"]


def test_a_batch_follows_a_shorter_queue() -> None:
    """The default batch gives way; a given one is said."""
    assert (100, ()) == (
        (loaded := with_config({"queue": {"logs": 100}})).config.queue.batch,
        loaded.problems,
    )


def test_a_gap_follows_a_low_threshold() -> None:
    """The default gap gives way to a threshold below it."""
    loaded = with_config({"health": {"thresholds": {"cpu": 0.04}}})

    assert (0.02, ()) == (loaded.config.health.thresholds.clear_gap, loaded.problems)


def test_a_signal_s_path_is_taken_off_the_base_address() -> None:
    """Many give the address of traces where that of all signals is wanted."""
    loaded = with_config({}, endpoint="http://127.0.0.1:4318/v1/traces/")

    assert "http://127.0.0.1:4318/v1/metrics" == loaded.config.export.for_signal("metrics").url


def test_an_attribute_with_a_setting_of_its_own_is_that_setting() -> None:
    """`service.name` among the resource attributes names the service."""
    loaded = with_config({"resource": {"attributes": {"service.name": "a", "service.version": 2, "b": 1}}})

    assert ("a", "2", {"b": 1}) == (
        loaded.config.service.name,
        loaded.config.service.version,
        loaded.config.resource.attributes,
    )
    assert ((), ()) == (loaded.problems, loaded.warnings)


def test_a_certificate_that_is_missing_stays_set(tmp_path: Path) -> None:
    """Otherwise the system's certificates would be trusted in its place, in silence."""
    loaded = with_config({"export": {"certificate": "/nowhere/ca.pem"}})

    assert "/nowhere/ca.pem" == loaded.config.export.certificate
    assert 1 == len(loaded.problems)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://", "expected an address such as http://127.0.0.1:4318"),
        ("collector", "has no scheme"),
        ("http://a b", "expected an address"),
        ("http://a:0", "is no port"),
        ("http://a:port", "is no port"),
        ("http://:4318", "expected an address"),
        ("http://[a]:4318", "expected an address"),
        ("http://user:s3cret@a:port", "is no port"),
        ("user:s3cret@a", "has no scheme"),
        ("http://u:s3cret@", "expected an address"),
    ],
)
def test_a_wrong_address_is_said_without_its_credentials(url: str, words: str) -> None:
    """One clear line, and the agent goes on without it."""
    loaded = with_config({}, endpoint=url)

    assert None is loaded.config.export.endpoint
    assert words in loaded.problems[0]
    assert "s3cret" not in loaded.problems[0]


@pytest.mark.parametrize(
    "url", ["http://a", "https://a.b:1/c?d=e", "HTTP://A", "http://u:p@a:1", "http://[::1]:4318", "http://a:4318/"]
)
def test_right_addresses_are_taken(url: str) -> None:
    """With or without port, path, query and credentials."""
    assert (url, ()) == ((loaded := with_config({}, endpoint=url)).config.export.endpoint, loaded.problems)


def test_an_installed_entry_point_is_a_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that are not built in are looked up among what is installed."""
    from importlib import metadata

    point = metadata.EntryPoint("mine", "a:b", "opentelemetry_traces_sampler")
    monkeypatch.setattr(metadata, "entry_points", lambda group: [point] if group == point.group else [])

    assert () == with_config({"sampling": {"sampler": "mine", "argument": "anything"}}).problems
    assert "did you mean mine?" in with_config({"sampling": {"sampler": "minee"}}).problems[0]
