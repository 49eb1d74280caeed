"""A picture of a comparison."""

import xml.etree.ElementTree as ET

from otel_agent.insight.baselines.pictures import MOST_LINES, as_picture
from otel_agent.insight.baselines.verdicts import compare

SVG = "{http://www.w3.org/2000/svg}"


def drawn(before: dict[str, list[float]], after: dict[str, list[float]]) -> ET.Element:
    """The picture, parsed."""
    return ET.fromstring(as_picture(compare(before, after), before, after))


def test_every_run_is_a_dot_and_every_verdict_is_said() -> None:
    """Also for a name that is no XML."""
    before = {"trader.<lambda>": [0.01 + number / 1e5 for number in range(10)]}
    after = {"trader.<lambda>": [0.03 + number / 1e5 for number in range(10)]}
    picture = drawn(before, after)
    texts = [each.text for each in picture.iter(f"{SVG}text")]

    assert 20 == len(list(picture.iter(f"{SVG}circle")))
    assert "trader.<lambda>" in texts
    assert "10 ms → 30 ms  +199.1 %  slower" in texts


def test_dots_stay_inside() -> None:
    """Whatever a run took."""
    picture = drawn({"f": [1.0] * 9 + [100.0]}, {"f": [1.0] * 10})

    assert all(300 <= float(each.attrib["cx"]) <= 720 for each in picture.iter(f"{SVG}circle"))


def test_a_picture_of_nothing_says_so_and_one_of_much_is_bounded() -> None:
    """Functions of one side only have nothing to be drawn against."""
    nothing = drawn({"f": [1.0]}, {"g": [1.0]})
    many = {f"f{number}": [1.0 + number / 1000] * 5 for number in range(100)}

    assert "no function was measured on both sides" in [each.text for each in nothing.iter(f"{SVG}text")]
    assert MOST_LINES * 10 == len(list(drawn(many, many).iter(f"{SVG}circle")))
