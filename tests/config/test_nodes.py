"""Values with the places they were given at."""

from pathlib import Path

from otel_agent.config.nodes import ConfigNode, Place, node_at, origin_of, wrapped
from otel_agent.config.problems import Problems
from otel_agent.config.yaml.reader import read_document

PLACE = Place("f.yaml", "/")


def test_a_part_of_a_setting_has_its_own_line() -> None:
    """As deep as the path leads; what is not there ends the way, what nobody gave has no origin."""
    node = read_document("\n- a: 1\n- b:\n    c: 2\n", PLACE, Problems())
    assert node is not None
    nodes = {"x.y": node}

    assert ["f.yaml:4", "f.yaml:4", "f.yaml:2", "f.yaml:2", ""] == [
        origin_of(nodes, path) for path in ("x.y[1].b.c", "x.y[1].b.d", "x.y[0].z", "x.y[7]", "x.yz")
    ]
    assert [True, False] == [node_at(nodes, path)[1] for path in ("x.y[1].b.c", "x.y[1].b.d")]


def test_python_values_become_nodes_and_back() -> None:
    """Mappings, lists, sets and paths, at any depth."""
    node = wrapped({"a": [1, ("b", None)], 2: Path("/c")}, PLACE)

    assert {"a": [1, ["b", None]], "2": "/c"} == node.plain()
    assert ["a", "2"] == [name for name, _ in node.items()]


def test_a_node_does_not_show_what_it_holds() -> None:
    """It may be a secret."""
    assert "<a value of f.yaml:3>" == repr(ConfigNode("s3cret", PLACE, 3))


def test_a_key_has_its_own_line() -> None:
    """One whose line is unknown has the mapping's."""
    node = ConfigNode({}, PLACE, 3, key_lines={"a": 4})

    assert ("f.yaml:4", "f.yaml:3") == (node.key_origin("a"), node.key_origin("b"))
