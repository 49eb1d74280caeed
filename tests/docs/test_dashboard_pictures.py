"""Pictures of the dashboards show the dashboards there are."""

import html
import re

import pytest
from dashboards import BOARDS
from documentation import ROOT

HOW_TO = ROOT / "docs" / "how-to"


@pytest.mark.parametrize("name", BOARDS)
def test_a_picture_shows_every_panel(name: str) -> None:
    """Each panel's title stands in the picture, so that a panel that is added is drawn; long ones are cut."""
    picture = (HOW_TO / f"dashboards-{name}.svg").read_text()
    texts = {html.unescape(each).removesuffix("…") for each in re.findall(r">([^<]+)</text>", picture)}
    titles = [panel["title"] for panel in BOARDS[name]["panels"]]

    assert [] == [title for title in titles if not any(each and title.startswith(each) for each in texts)]


def test_every_dashboard_is_on_the_page() -> None:
    """And nothing that is not there any more."""
    shown = set(re.findall(r"\(dashboards-(\w+)\.svg\)", (HOW_TO / "dashboards.md").read_text()))

    assert {*BOARDS, "trace"} == shown
