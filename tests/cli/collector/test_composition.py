"""One configuration is composed out of the base, backends and options."""

import argparse
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from otel_agent.cli import collector
from otel_agent.cli.collector import composition
from otel_agent.cli.collector.composition import find, read_base, wrong_variables
from otel_agent.errors import ConfigurationError

CONFIG = Path(__file__).parents[3] / "collector" / "config"


BACKENDS = sorted(path.stem for path in (CONFIG / "backends").glob("*.yaml"))


def run(*words: str) -> int:
    """The exit status of a command."""
    parser = argparse.ArgumentParser()
    collector.configure(parser)
    return collector.run(parser.parse_args(words))


def configuration(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What `config` prints, parsed."""
    assert 0 == run("config", *words)
    parsed: dict[str, Any] = yaml.safe_load(capsys.readouterr().out)
    return parsed


@pytest.mark.parametrize("action", ["config", "run"])
def test_without_a_backend_nothing_is_made(action: str) -> None:
    """A collector that sends nowhere is a mistake, and the message says how backends are named and listed."""
    with pytest.raises(ConfigurationError, match=r"no backend is named.*`otel-agent collector backends`"):
        run(action)


def test_signals_that_go_nowhere_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A signal that no backend takes is said beside the configuration; nothing is said when each has a place."""
    run("config", "--backend", "loki")
    some = capsys.readouterr().err
    run("config", "--backend", "loki", "--backend", "jaeger", "--backend", "prometheus")
    none = capsys.readouterr().err

    assert some.startswith("otel-agent: traces and metrics go nowhere")
    assert "" == none


def test_the_contrib_distribution_gets_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    """With --contrib no component of our own is left, and a backend's errors are kept from the others by another."""
    printed = configuration(capsys, "--backend", "jaeger", "--backend", "dynatrace", "--contrib")

    assert {"timeout": "0s"} == printed["processors"]["batch/jaeger"]
    assert ["batch/dynatrace", "cumulative_to_delta/dynatrace"] == printed["service"]["pipelines"]["metrics/dynatrace"][
        "processors"
    ]
    assert "isolate" not in yaml.safe_dump(printed)
    assert "secrets" not in printed["processors"]


def test_the_contrib_distribution_redacts_with_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    """With --contrib upstream's redaction has the lists that `secrets` has, in every pipeline that has it, in its place."""
    ours = configuration(capsys, "--with", "no-content", "--backend", "jaeger")
    theirs = configuration(capsys, "--with", "no-content", "--backend", "jaeger", "--contrib")
    chain = ["transform/redaction-before", "redaction/names", "redaction/values", "transform/redaction-after"]

    lists = {
        name: theirs["processors"][part][upstream]
        for part, upstream, name in (
            ("redaction/names", "blocked_key_patterns", "secret_names"),
            ("redaction/names", "ignored_keys", "known_names"),
            ("redaction/names", "ignored_key_patterns", "harmless_names"),
            ("redaction/names", "allowed_values", "harmless_values"),
            ("redaction/values", "allowed_values", "plain_values"),
            ("redaction/values", "blocked_values", "secret_values"),
        )
    }

    assert ours["processors"]["secrets"] == lists
    for name in ("traces/in", "metrics/in", "logs/in"):
        before, _, after = str(ours["service"]["pipelines"][name]["processors"]).partition("'secrets'")
        assert f"{before}{str(chain)[1:-1]}{after}" == str(theirs["service"]["pipelines"][name]["processors"])


def test_extensions_of_backends_stand_beside_those_of_the_base(capsys: pytest.CaptureFixture[str]) -> None:
    """A backend that signs its requests brings its extensions, and an option another."""
    printed = configuration(capsys, "--with", "zpages", "--backend", "aws")

    assert ["health_check", "file_storage", "zpages", "sigv4auth/aws-traces", "sigv4auth/aws-logs"] == printed[
        "service"
    ]["extensions"]


def test_every_backend_keeps_its_failures_to_itself() -> None:
    """Each pipeline of each backend begins with `isolate`."""
    open_ones = [
        (name, pipeline)
        for name, part in composition.parts("backend").items()
        for pipeline, about in part.content["service"]["pipelines"].items()
        if about["processors"][:1] != [f"isolate/{name}"]
    ]

    assert [] == open_ones


def test_the_base_alone_is_printed_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    """For a backend of one's own there is the base, which is whole."""
    printed = configuration(capsys, "--backend", "none")

    assert yaml.safe_load((CONFIG / "base.yaml").read_text()) == printed


def test_backends_stand_beside_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Every backend at once leaves each pipeline as its own file has it, and those of the base as they were."""
    printed = configuration(capsys, *(word for name in BACKENDS for word in ("--backend", name)))
    alone = [yaml.safe_load(path.read_text()) for path in (CONFIG / "base.yaml", *(CONFIG / "backends").glob("*.yaml"))]
    expected = {name: pipeline for part in alone for name, pipeline in part["service"]["pipelines"].items()}

    assert expected == printed["service"]["pipelines"]
    assert sum(len(part["service"]["pipelines"]) for part in alone) == len(expected)
    assert {"traces/jaeger", "metrics/prometheus", "logs/debug"} <= set(expected)


def test_a_backend_brings_only_what_is_named_after_it() -> None:
    """Exporters, processors and pipelines of a backend end in its name, so that none overwrites another's."""
    strangers = [
        (name, component)
        for name, part in composition.parts("backend").items()
        for section in ("receivers", "processors", "connectors", "exporters", "extensions")
        for component in part.content.get(section, {})
        if not re.search(rf"/{name}(-(traces|metrics|logs))?$", component)
    ]

    assert [] == strangers


def test_an_option_changes_what_comes_before(capsys: pytest.CaptureFixture[str]) -> None:
    """Tail sampling stands between the base and the backends, and span metrics still see everything."""
    pipelines = configuration(capsys, "--with", "tail-sampling", "--backend", "jaeger")["service"]["pipelines"]

    assert ["forward/sampled", "span_metrics"] == pipelines["traces/in"]["exporters"]
    assert ["forward/out"] == pipelines["traces/sampled"]["exporters"]
    assert ["forward/out"] == pipelines["traces/jaeger"]["receivers"]


def test_the_head_says_how_it_was_made_and_which_variables_it_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """The printed text begins with the command and a line for each variable."""
    run("config", "--backend", "jaeger", "--backend", "otlp-http")
    head = [line for line in capsys.readouterr().out.splitlines() if line.startswith("#")]

    assert "# Made by `otel-agent collector config --backend jaeger --backend otlp-http`." == head[0]
    assert "#   JAEGER_ENDPOINT or 'jaeger:4317'" in head
    assert "#   BACKEND_ENDPOINT has to be set" in head


def test_what_is_printed_is_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A backend named twice counts once."""
    once = configuration(capsys, "--backend", "debug")
    twice = configuration(capsys, "--backend", "debug", "--backend", "debug")

    assert once == twice


def test_unknown_names_are_said_together_with_the_nearest_known() -> None:
    """Two wrong backends give two lines, each with what was probably meant."""
    with pytest.raises(ConfigurationError) as caught:
        run("config", "--backend", "jager", "--backend", "debug", "--backend", "promtheus")

    first, second = caught.value.problems
    assert first.startswith("unknown backend 'jager'; did you mean 'jaeger'? known are aws, azure, ")
    assert second.startswith("unknown backend 'promtheus'; did you mean 'prometheus'? ")


def test_a_name_like_no_other_gets_the_list() -> None:
    """A name without a neighbour is answered with all there are."""
    with pytest.raises(ConfigurationError) as caught:
        run("config", "--with", "zzz")

    assert (
        "unknown option 'zzz'; known are kafka-in, no-content, service-graph, tail-sampling, unmeasured, zpages"
        == str(caught.value)
    )


def test_a_path_is_no_backend() -> None:
    """A name that leads out of the folder is unknown like any other."""
    with pytest.raises(ConfigurationError):
        run("config", "--backend", "../base")


def test_several_names_may_stand_with_commas(capsys: pytest.CaptureFixture[str]) -> None:
    """As a list, one at a time, or both; the head says the same command."""
    one_at_a_time = configuration(capsys, "--with", "zpages", "--backend", "jaeger", "--backend", "loki")
    run("config", "--with", "zpages,", "--backend", "jaeger, loki")
    head, _, text = capsys.readouterr().out.partition("\n")

    assert one_at_a_time == yaml.safe_load(text)
    assert "# Made by `otel-agent collector config --with zpages --backend jaeger --backend loki`." == head


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("OTELCOL_QUEUE_BYTES", "100", "a number of bytes from 1048576 on"),
        ("OTELCOL_QUEUE_BYTES", "1GB", "a number of bytes from 1048576 on"),
        ("OTELCOL_QUEUE_BYTES", "1048576", ""),
        ("OTELCOL_HTTP_PORT", "99999", "a port from 1 to 65535"),
        ("OTELCOL_HTTP_PORT", "http", "a port from 1 to 65535"),
        ("OTELCOL_HTTP_PORT", "14318", ""),
        ("OTELCOL_TAIL_WAIT", "30", "a duration"),
        ("OTELCOL_TAIL_WAIT", "1m30s", ""),
        ("OTELCOL_TAIL_SLOW_MS", "1.5s", "a whole number"),
        ("BACKEND_INSECURE", "yes", "true or false"),
        ("BACKEND_INSECURE", "true", ""),
        ("OTELCOL_BIND", "anything", ""),
    ],
)
def test_values_that_cannot_be_right_are_named(name: str, value: str, wanted: str) -> None:
    """With the variable, what is expected and what was found, before any collector is started."""
    chosen = [read_base(), *find("option", ["tail-sampling"]), *find("backend", ["otlp-grpc", "jaeger"])]
    found = wrong_variables(chosen, {name: value})

    assert ([f"{name}: expected {wanted}"] if wanted else []) == [line.partition(", such as")[0] for line in found]
    assert all(line.endswith(f"found {value!r}") for line in found)
