"""The site as a whole: every page has its place, and the page of the interface shows what is public and nothing else."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from documentation import ROOT

import otel_agent

DOCS = ROOT / "docs"
API = (DOCS / "reference/api.md").read_text()
SHOWN = re.findall(r"^::: (\S+)$", API, re.MULTILINE)


class _Loader(yaml.SafeLoader):
    """Reads `!ENV [NAME, default]` as its default."""


def _default(loader: yaml.SafeLoader, node: yaml.Node) -> object:
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node)[-1]


_Loader.add_constructor("!ENV", _default)

SITE = yaml.load((ROOT / "mkdocs.yml").read_text(), _Loader)


def pages(part: Any) -> list[str]:
    """Files of a part of the navigation, in order."""
    if isinstance(part, str):
        return [part]
    inner = part.values() if isinstance(part, dict) else part
    return [page for each in inner for page in pages(each)]


def test_the_navigation_begins_with_the_tutorial_and_has_every_page() -> None:
    """None is missing, and none stands twice; the first page leads to them."""
    found = pages(SITE["nav"])
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"index.md"}

    assert "tutorial/first-agent.md" == found[0]
    assert (sorted(there), len(found)) == (sorted(found), len(set(found)))


def test_pages_can_be_read_in_the_dark_one_after_the_other_and_lead_to_the_source() -> None:
    """Two schemes with a switch, links to the page before and after, and the repository."""
    assert {"default", "slate"} == {each["scheme"] for each in SITE["theme"]["palette"]}
    assert "navigation.footer" in SITE["theme"]["features"]
    assert SITE["repo_url"].startswith("https://")


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda path: path.relative_to(DOCS).as_posix())
def test_pictures_are_there(page: Path) -> None:
    """What a page shows as a picture is a file beside it; nothing is drawn by a script from elsewhere."""
    text = page.read_text()

    assert [] == [name for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text) if not (page.parent / name).exists()]
    assert "```mermaid" not in text


@pytest.mark.parametrize("name", [name for name in otel_agent.__all__ if name != "__version__"])
def test_what_the_package_offers_is_on_the_page_of_the_interface(name: str) -> None:
    """Every name of `import otel_agent` is shown; errors are shown together."""
    assert name in {each.rpartition(".")[2] for each in SHOWN} | set(re.findall(r"\w+Error", API))


@pytest.mark.parametrize("path", [path for path in SHOWN if not path.endswith(".errors")])
def test_what_is_shown_exists_and_is_public(path: str) -> None:
    """Neither the object nor a member that is named has a private name; methods of the language that are shown are meant."""
    module, _, name = path.rpartition(".")
    entry = re.search(rf"^::: {re.escape(path)}\n((?:    .*\n)*)", API, re.MULTILINE)
    members = re.search(r"members: \[(.*)\]", entry[1] if entry else "")
    names = members[1].split(", ") if members else []
    shown = getattr(import_module(module), name)

    assert [] == [each for each in (name, *names) if each.startswith("_") and each not in {"__call__", "__bool__"}]
    assert [] == [
        each for each in names if not hasattr(shown, each) and each not in getattr(shown, "__annotations__", {})
    ]
