"""Headers as people write them become the maps a collector takes."""

import json

import pytest

from otel_agent.cli.collector.headers import as_maps
from otel_agent.errors import ConfigurationError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("x-team=blue,x-org=7", {"x-team": "blue", "x-org": "7"}),
        (
            " x-team = a%20b , authorization=Basic dXNlcjpwYXNz== ,",
            {"x-team": "a b", "authorization": "Basic dXNlcjpwYXNz=="},
        ),
        ("empty=", {"empty": ""}),
    ],
)
def test_a_list_becomes_a_map(written: str, expected: dict[str, str]) -> None:
    """Names and values are percent-decoded, blanks around them left out, and values stay texts."""
    made = as_maps(["A_HEADERS", "OTHER"], {"A_HEADERS": written, "OTHER": "a=b"})

    assert expected == json.loads(made["A_HEADERS"])
    assert ["A_HEADERS"] == list(made)


@pytest.mark.parametrize("written", ["", '{"x-team": "blue"}'])
def test_a_map_is_left_as_it_is(written: str) -> None:
    """What the collector takes already is not touched."""
    assert {} == as_maps(["A_HEADERS"], {"A_HEADERS": written})


def test_a_part_that_is_no_header_is_named_without_its_value() -> None:
    """The message has the number of the part, never the text, which may be a secret."""
    with pytest.raises(ConfigurationError) as caught:
        as_maps(["A_HEADERS"], {"A_HEADERS": "x-team=blue,hunter2,=x"})

    assert (
        "A_HEADERS: part 2 is not key=value; write headers as x-team=blue,x-org=7",
        "A_HEADERS: part 3 is not key=value; write headers as x-team=blue,x-org=7",
    ) == caught.value.problems
