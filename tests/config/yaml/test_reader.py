"""YAML with lines: types as written, bounds on everything, nothing run."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from otel_agent.config.loading import load
from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.problems import Problems
from otel_agent.config.yaml import reader
from otel_agent.config.yaml.reader import CONFIGURATION, read_document

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def read(text: str) -> tuple[ConfigNode | None, tuple[str, ...]]:
    """The document and the problems."""
    problems = Problems()
    return read_document(text, Place("f.yaml", "/"), problems), problems.lines


def plain(text: str) -> Any:
    """The values of a right document."""
    node, problems = read(text)

    assert () == problems
    return node.plain() if node is not None else None


MOST_EVENTS = 2 * CONFIGURATION.node_limit
"""What the parser may be asked for at most: a value is one event, a list or mapping two."""


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every event that the parser is asked for."""
    asked: list[Any] = []
    parse = yaml.parse

    def counted(*arguments: Any, **more: Any) -> Iterator[Any]:
        for event in parse(*arguments, **more):
            asked.append(event)
            yield event

    monkeypatch.setattr(yaml, "parse", counted)
    return asked


def test_every_value_knows_its_line() -> None:
    """Keys, values and entries of lists have the lines they stand in."""
    node, _ = read("a:\n  b:\n    - x\n\n    - y\nc: 1")

    assert node is not None
    assert (1, 2, 6) == (node.key_lines["a"], node.value["a"].key_lines["b"], node.key_lines["c"])
    assert [3, 5] == [inner.line for inner in node.value["a"].value["b"].value]


def test_anchors_and_merge_keys_work() -> None:
    """A value can be written once and used again, as a whole or laid under other keys."""
    assert {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 1, "y": 2}} == plain(
        "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a"
    )


def test_an_empty_document_is_nothing() -> None:
    """No text, a comment, or nothing after the marks."""
    assert (None, None, None) == (plain(""), plain("# nothing\n"), plain("---\n"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BOMB, "f.yaml:5: more than 20000 values, those of aliases counted each time"),
        ("[" * 200_000, "f.yaml:1: "),
        ("{a: " * 60_000, "f.yaml:1: more than 32 levels within each other"),
        ("- " * 100_000, "f.yaml:1: more than 32 levels within each other"),
        ("x: 1\n" * 30_000, "f.yaml:10000: more than 20000 values"),
        ("\n".join(f"k{i}: 1" for i in range(15_000)), "f.yaml:10000: more than 20000 values"),
        ("a: &a 1\nb: [" + "*a, " * 200 + "]", "f.yaml:2: more than 100 uses of an alias"),
        ("a: &a [*a]", "f.yaml:1: *a has no &a before it"),
        ("a: " + "x" * 300_000, "f.yaml: is larger than 262144 bytes, which is not read"),
        ("? [a]\n: b", "f.yaml:1: a key is a string"),
        ("a: {<<: 1}", "f.yaml:1: `<<` takes a mapping, such as *name"),
        ("a: !!binary aaaa", "f.yaml:1: the tag 'tag:yaml.org,2002:binary' is not read; leave it out"),
        ("a: !mine b", "f.yaml:1: the tag '!mine' is not read; leave it out"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_goes_too_far_is_refused_before_it_costs_much(events: list[Any], text: str, expected: str) -> None:
    """Bombs of any kind end at the event that crosses a bound, before time or memory are spent on them."""
    _, problems = read(text)

    assert any(line.startswith(expected) for line in problems[:2])
    assert len(events) <= MOST_EVENTS


def test_any_number_of_mistakes_is_told_in_a_bounded_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine thousand unknown keys, and one of a hundred thousand characters, give a hundred lines and few comparisons."""
    compared: list[str] = []
    get_close_matches = difflib.get_close_matches

    def counted(word: str, *more: Any) -> list[str]:
        compared.append(word)
        return get_close_matches(word, *more)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    keys = "".join(f"k{i}: 1\n" for i in range(9000))
    (tmp_path / "otel-agent.yaml").write_text(f"logs: {{files: [{{? {'x' * 100_000} : 1}}]}}\n{keys}")
    problems = load({}, environ={}, directory=tmp_path).problems

    assert len(compared) <= 100
    assert max(map(len, compared)) <= 60
    assert (101, "and 8902 more like these") == (len(problems), problems[-1])
    assert max(map(len, problems)) <= 1000


def test_a_bomb_in_the_configuration_leaves_the_defaults(tmp_path: Path, events: list[Any]) -> None:
    """The agent starts; the file is not used, and that is said."""
    (tmp_path / "otel-agent.yaml").write_text(BOMB)
    loaded = load({"service_name": "a"}, environ={}, directory=tmp_path)

    assert len(events) <= MOST_EVENTS
    assert ("a", 1) == (loaded.config.service.name, len(loaded.problems))
    assert loaded.config.export == load({}, environ={}, directory="/").config.export


@pytest.fixture
def _without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_LOADER", yaml.SafeLoader)


@pytest.mark.usefixtures("_without_libyaml")
@pytest.mark.parametrize("text", [BOMB, "[" * 200_000, "{a: " * 60_000, "- " * 100_000, "x: 1\n" * 30_000])
def test_bombs_end_as_soon_without_libyaml(events: list[Any], text: str) -> None:
    """PyYAML's own parser is slower, but the bounds are the same."""
    assert 1 == len(read(text)[1])
    assert len(events) <= MOST_EVENTS


@pytest.mark.usefixtures("_without_libyaml")
def test_lines_and_types_are_the_same_without_libyaml() -> None:
    """What a file means does not depend on how PyYAML was built."""
    node, problems = read('a:\n  b: [x, "1", 1, "${X}"]\n  b: 2\n')

    assert node is not None
    assert {"a": {"b": ["x", "1", 1, "${X}"]}} == node.plain()
    assert ("f.yaml:3: duplicate key 'b', first in line 2",) == problems
    assert read("a: [\n")[1][0].startswith("f.yaml:2: invalid YAML: ")


def test_a_dialect_chooses_types_bounds_and_what_is_refused() -> None:
    """One reader, with rules of reading as a parameter."""
    dialect = replace(
        CONFIGURATION,
        read_scalar=lambda event: (event.value.upper(), None),
        read_key=lambda event: f"<{event.value}>",
        node_limit=6,
        has_merge_keys=False,
        has_tags=True,
        is_refused_with_duplicates=True,
    )

    def read_so(text: str) -> tuple[Any, tuple[str, ...]]:
        problems = Problems()
        node = read_document(text, Place("f.yaml", "/"), problems, dialect)
        return None if node is None else node.plain(), problems.lines

    assert ({"<a>": "B", "<<<>": "C"}, ()) == read_so("a: !x b\n<<: c")
    assert (None, ("f.yaml:2: duplicate key '<a>', first in line 1",)) == read_so("a: 1\na: 2")
    assert (None, ("f.yaml:1: more than 6 values, those of aliases counted each time",)) == read_so(
        "[1, 2, 3, 4, 5, 6]"
    )
