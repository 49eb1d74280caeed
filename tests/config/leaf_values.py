"""Right values for any setting, and how each source writes them."""

import json
from typing import Any, Literal, get_args, get_origin

from hypothesis import strategies as st
from msgspec import UNSET, Struct

from otel_agent.config.reflection import fields_of, members, metas
from otel_agent.config.sections.alert_rules import AbsentRuleSettings, RuleChoiceSettings, RuleOverrideSettings
from otel_agent.config.sections.logs import LogFileSettings
from otel_agent.config.sections.notifications import (
    InhibitionSettings,
    NotifierSettings,
    RouteSettings,
    WebhookSettings,
)

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
    "alerts.rules": WORDS.map(
        lambda word: (
            RuleChoiceSettings(
                path="alerts.rules[0]",
                absent=AbsentRuleSettings(path="alerts.rules[0].absent", name=word, metric=word, hold=5.0),
            ),
        )
    ),
    "alerts.routes": WORDS.map(lambda word: (RouteSettings(path="alerts.routes[0]", to=(word,), is_continued=True),)),
    "alerts.notifiers": WORDS.map(
        lambda word: {
            "k": NotifierSettings(
                path="alerts.notifiers.k",
                webhook=WebhookSettings(path="alerts.notifiers.k.webhook", url=word, timeout=7.0),
            )
        }
    ),
    "alerts.inhibit": WORDS.map(
        lambda word: (InhibitionSettings(path="alerts.inhibit[0]", when={"a": word}, mute={"b": word}),)
    ),
    "alerts.overrides": st.builds(RuleOverrideSettings, no_data=st.sampled_from(["ok", "alert", "keep"])).map(
        lambda override: {"k": override}
    ),
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


def plain(value: Any) -> Any:
    """As Python code gives it: mappings, lists and scalars, without what the reader fills in."""
    if isinstance(value, Struct):
        pairs = {name: getattr(value, field.attribute) for name, field in fields_of(type(value)).items()}
        return {name: plain(inner) for name, inner in pairs.items() if inner not in (None, UNSET)}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    return {name: plain(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def in_yaml(value: Any) -> str:
    """As a file has it; JSON is YAML."""
    return json.dumps(plain(value))


def in_variable(value: Any) -> str:
    """As a variable `OTEL_AGENT_` has it."""
    value = plain(value)
    if isinstance(value, list):
        return ",".join(value) if all(isinstance(one, str) for one in value) else json.dumps(value)
    return json.dumps(value) if isinstance(value, dict | bool) else str(value)
