"""Right values for any setting, and how each source writes them."""

import json
from typing import Any, Literal, get_args, get_origin

from hypothesis import strategies as st
from msgspec import to_builtins

from otel_agent.config.sections.keeping import LogFileSettings
from otel_agent.config.tree import members, metas

WORDS = st.text("abcxyz", min_size=3, max_size=8)

CHOSEN: dict[str, st.SearchStrategy[Any]] = {
    "propagators": st.sampled_from([("baggage",), ("tracecontext",), ("baggage", "tracecontext")]),
    "sampling.sampler": st.sampled_from(["always_on", "always_off", "parentbased_traceidratio"]),
    "sampling.argument": st.sampled_from(["0.25", "0.5", "1"]),
    "queue.spans": st.integers(10_000, 90_000),
    "queue.logs": st.integers(10_000, 90_000),
    "queue.batch": st.integers(1, 65_536),
    "metrics.interval_s": st.integers(1, 1000).map(float),
    "metrics.collect_interval_s": st.integers(1, 60).map(float),
    "health.thresholds.clear_gap": st.integers(1, 89).map(lambda n: n / 100),
    "redact.values": st.lists(WORDS, min_size=1, max_size=3).map(tuple),
    "alerts.overrides": WORDS.map(lambda word: {"k": {"no_data": word}}),
    **{
        f"export.{scope}{key}": WORDS.map(lambda word: f"/nowhere/{word}")
        for scope in ("", "traces.", "metrics.", "logs.")
        for key in ("certificate", "client_key", "client_certificate")
    },
    **{
        f"export.{scope}endpoint": WORDS.map(lambda word: f"https://{word}:9999/base")
        for scope in ("", "traces.", "metrics.", "logs.")
    },
}
"""Settings whose values another setting bounds."""


def values(path: str, kind: Any) -> st.SearchStrategy[Any]:
    """Right values of a setting, each as the configuration holds it."""
    return CHOSEN[path] if path in CHOSEN else _of(kind)


def _of(kind: Any) -> st.SearchStrategy[Any]:
    options = [option for option in members(kind) if option is not type(None)]
    return st.one_of(*(_one(option) for option in options))


def _one(kind: Any) -> st.SearchStrategy[Any]:
    base, found = metas(kind)
    origin = get_origin(base)
    if origin is Literal:
        return st.sampled_from(get_args(base))
    if origin is tuple:
        return st.lists(_of(get_args(base)[0]), min_size=1, max_size=3, unique_by=repr).map(tuple)
    if origin is dict:
        return _of(get_args(base)[1]).map(lambda value: {"k": value})
    if base is LogFileSettings:
        return st.builds(
            lambda word, size: LogFileSettings(path=f"/nowhere/{word}", max_bytes=size), WORDS, st.integers(1, 999)
        )
    if base is str:
        return (
            WORDS.map(lambda word: f"/nowhere/{word}") if any("path" in (meta.extra or {}) for meta in found) else WORDS
        )
    if base is bool:
        return st.booleans()
    most = min((meta.le for meta in found if meta.le is not None), default=100_000)
    if base is int:
        return st.integers(1, int(most))
    if base is float:
        return st.integers(1, int(most * 1000)).map(lambda n: n / 1000)
    return WORDS


def in_yaml(value: Any) -> str:
    """As a file has it; JSON is YAML."""
    return json.dumps(to_builtins(value))


def in_variable(value: Any) -> str:
    """As a variable `OTEL_AGENT_` has it."""
    plain = to_builtins(value)
    if isinstance(plain, list | tuple):
        return ",".join(plain) if all(isinstance(one, str) for one in plain) else json.dumps(plain)
    return json.dumps(plain) if isinstance(plain, dict | bool) else str(plain)
