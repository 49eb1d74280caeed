"""Whatever is given, there is a right configuration and lines for people; never an exception."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import convert, to_builtins

from otel_agent.config.explaining import explained
from otel_agent.config.loading import Loaded, load
from otel_agent.config.model import Config
from otel_agent.config.sources.arguments import PATHS
from otel_agent.config.sources.tables import effects
from otel_agent.config.tree import leaves, sections

NAMES = st.sampled_from(sorted({name for path in (*leaves(), *sections()) if path for name in path.split(".")}))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["otlp", "grpc", "http://a:4318", "${HOME}", "${X:-1}", "1s", "off", "null", "tracecontext"]),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=6),
    max_leaves=30,
)
SHAPED = st.fixed_dictionaries({}, optional={path: TREES for path in sections() if path and "." not in path})
VARIABLES = sorted(
    {leaf.variable for leaf in leaves().values()} | {name for _, names, _ in effects() for name in names}
)
QUICK = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def check(loaded: Loaded) -> None:
    """The configuration is one by msgspec's own judgement, can be explained, and every line is one line."""
    assert loaded.config == convert(to_builtins(loaded.config), Config)
    assert list(leaves()) == list(explained(loaded))
    assert all(line.isprintable() for line in loaded.problems + loaded.warnings)


@QUICK
@given(tree=SHAPED | TREES)
def test_any_tree_in_a_file(tmp_path: Path, tree: Any) -> None:
    """Any YAML tree gives a configuration or problems."""
    (tmp_path / "otel-agent.yaml").write_text(json.dumps(tree))
    check(load({}, environ={"HOME": "/root"}, directory=tmp_path))


@QUICK
@given(text=st.text(max_size=200) | st.text("{}[]:,-&*!|>'\"%@`#?~ \n\tab1$", max_size=60))
@example(text="\ufeffa: 1")
@example(text="a: \ud800".encode("utf-8", "replace").decode())
@example(text="<<: *a")
@example(text="a: &x {<<: [1]}")
@example(text="%YAML 3.0\n---\na")
def test_any_text_in_a_file(tmp_path: Path, text: str) -> None:
    """Any text gives a configuration or problems."""
    (tmp_path / "otel-agent.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    check(load({}, environ={}, directory=tmp_path))


@QUICK
@given(content=st.binary(max_size=60))
def test_any_bytes_in_a_file(tmp_path: Path, content: bytes) -> None:
    """Any bytes give a configuration or problems."""
    (tmp_path / "otel-agent.yaml").write_bytes(content)
    check(load({}, environ={}, directory=tmp_path))


@QUICK
@given(
    environ=st.dictionaries(
        st.sampled_from(VARIABLES) | st.text(max_size=5).map("OTEL_AGENT_".__add__), st.text(max_size=30)
    )
)
@example(environ={"OTEL_EXPORTER_OTLP_HEADERS": "=,==,a,%,%zz=%ff"})
@example(environ={"OTEL_AGENT_ALERTS__RULES": "[" * 5000})
@example(environ={"OTEL_AGENT_RESOURCE__ATTRIBUTES": '{"a": 1e999}'})
@example(environ={"OTEL_AGENT_QUEUE__SPANS": "9" * 5000, "OTEL_METRIC_EXPORT_INTERVAL": "nan"})
def test_any_variables(environ: dict[str, str]) -> None:
    """Any text in any variable gives a configuration or problems."""
    check(load({}, environ=environ, directory="/nowhere"))


@QUICK
@given(
    arguments=st.dictionaries(
        st.sampled_from([*PATHS, "alerts", "health", "spool", "config"]),
        TREES | st.binary(max_size=3) | st.builds(object) | st.integers(min_value=10**400, max_value=10**401),
    )
)
def test_any_arguments(arguments: dict[str, Any]) -> None:
    """Any object as any argument gives a configuration or problems."""
    check(load(arguments, environ={}, directory="/nowhere"))
