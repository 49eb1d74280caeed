"""Mistakes in decorators are said where they are written."""

from typing import Any

import pytest

import otel_agent

LOOSE: Any = otel_agent
"""The interface without its types: mistakes are what these tests are about."""


@pytest.mark.parametrize(
    ("decorate", "words"),
    [
        (
            lambda: LOOSE.traced("decide", capture_args="yes"),
            ["traced", "capture_args", "did you mean capture_arguments?"],
        ),
        (lambda: LOOSE.traced("decide", capture_arguments="yes"), ["capture_arguments", "'yes'"]),
        (lambda: LOOSE.traced("decide", capture_result=1), ["capture_result", "1"]),
        (lambda: LOOSE.traced(5), ["traced", "name", "5"]),
        (lambda: LOOSE.traced(["decide"]), ["name"]),
        (lambda: LOOSE.traced("decide", kind=3), ["kind", "'client'"]),
        (lambda: LOOSE.traced("decide", attributes="a=b"), ["attributes", "mapping"]),
        (lambda: LOOSE.traced("decide", attributes={1: 2}), ["attributes", "1"]),
        (lambda: LOOSE.timed(5), ["timed", "name", "5"]),
        (lambda: LOOSE.timed("decide", attributes={}), ["timed", "attributes", "there are name"]),
        (lambda: LOOSE.cached(max_size=5), ["cached", "max_size", "did you mean maxsize?"]),
        (lambda: LOOSE.cached(ttl=5), ["cached", "ttl", "did you mean ttl_s?"]),
        (lambda: LOOSE.watch_cache({}, title="quotes"), ["watch_cache", "title", "there are cache, name"]),
        (lambda: LOOSE.health_check("broker", interval=5), ["health_check", "did you mean interval_s?"]),
        (lambda: LOOSE.heartbeat("loop", within=5), ["heartbeat", "did you mean within_s?"]),
        (lambda: LOOSE.init(endpont="http://127.0.0.1:4318"), ["init", "endpont", "did you mean endpoint?"]),
        (lambda: LOOSE.init(1, "otel-agent.yaml"), ["init() takes"]),
        (lambda: LOOSE.span(print), ["span", "name"]),
    ],
)
def test_mistaken_arguments_are_refused_where_they_are_written(decorate: Any, words: list[str]) -> None:
    """With the argument's name, what it must be, what was found, and the nearest name."""
    with pytest.raises(TypeError) as raised:
        decorate()

    assert all(word in str(raised.value) for word in words), str(raised.value)
