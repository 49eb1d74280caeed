"""
What the README and the pages promise, each with the tests that try it: `docs/reference/promises.md` is made here.

    python tests/servers/promises.py > docs/reference/promises.md

What counts as a promise is decided by rule, so that none can be forgotten:

    goals        the first sentence of a page that begins with "After this page"; its test follows the page in an empty folder
    rows         the rows of the README's table "Four promises"
    absolutes    every sentence of a page's text with "never", "always", "exactly" or "at most" in it; what stands in tables, in code and
                 in lists of symptoms has tests of its own or is no statement about this package
    sentences    of the pages that `docs/reference/statements.toml` has a table of: every sentence, but those of the headings, of tables
                 and of code
    names        everything on the page of the Python interface
    commands     everything `otel-agent` can do

The tests of rows, absolutes and names stand in `docs/reference/promises.toml`; a statement there may have `no_test` with the reason instead.
Those of the other sentences stand in `docs/reference/statements.toml`, each under the words the sentence begins with; in the place of a test
there may be one of the kinds that table lists, each with the reason why such a sentence has no test of its own.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = DOCS / "reference" / "promises.md"
TABLE = DOCS / "reference" / "promises.toml"
SENTENCES = DOCS / "reference" / "statements.toml"
GENERATED = {"configuration.md", "environment.md", "metrics.md", "benchmarks.md", "promises.md", "api.md"}
"""Pages of the reference that are made from the code, which tests of their own compare them with."""
FOLLOWED = "tests/docs/test_code_blocks.py::test_a_page_can_be_followed"

_CODE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_ABSOLUTE = re.compile(r"\b(?:never|always|exactly|at most)\b", re.IGNORECASE)
_SYMPTOMS = re.compile(r"^## (?:When|If) ", re.MULTILINE)
_ITEM = re.compile(r"^(?:\* |\d+\. )")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\"])")


@dataclass(frozen=True)
class Statement:
    """One promise of a page."""

    page: str
    """Path of the page in the repository."""
    text: str


def goals() -> list[Statement]:
    """What a reader can do after each page."""
    found = [re.search(r"^After this page .*$", path.read_text(), re.MULTILINE) for path in _pages()]
    return [Statement(_name(path), match[0]) for path, match in zip(_pages(), found, strict=True) if match]


def rows() -> list[Statement]:
    """The README's four promises."""
    section = (ROOT / "README.md").read_text().split("## Four promises")[1].split("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [Statement("README.md", f"{row[0]}: {row[1]}") for row in cells[1:]]


def absolutes() -> list[Statement]:
    """Sentences that allow no exception."""
    return list(dict.fromkeys(statement for path in (ROOT / "README.md", *_pages()) for statement in _absolutes(path)))


def held_pages() -> list[str]:
    """Pages whose every sentence is held, in the order of the table."""
    return [name for name in sentence_table() if name != "kinds"]


def sentences(page: str) -> list[Statement]:
    """
    Every sentence of a page's text that is no promise of `promises.toml` already.

    Args:
        page: Path of the page in the repository.
    """
    promised = {(entry["page"], entry["says"]) for entry in table()["promise"]}
    found = (Statement(page, sentence) for line in _paragraph_lines(ROOT / page) for sentence in _SENTENCE.split(line))
    return [each for each in dict.fromkeys(found) if (each.page, each.text) not in promised]


def sentence_trials(statement: Statement) -> list[str]:
    """
    Tests of a sentence, or the kind it is of.

    Args:
        statement: One of `sentences`.
    """
    of_page = sentence_table()[statement.page]
    return [trial for words, trials in of_page.items() if statement.text.startswith(words) for trial in _listed(trials)]


@lru_cache(maxsize=1)
def sentence_table() -> Mapping[str, Any]:
    """By page: the tests of each sentence, under the words it begins with; and the kinds of sentences that have none of their own."""
    return tomllib.loads(SENTENCES.read_text())


def _listed(trials: str | list[str]) -> list[str]:
    return [trials] if isinstance(trials, str) else trials


def _paragraph_lines(path: Path) -> Iterator[str]:
    """Lines of a page's text; one that goes on in the next is joined with it."""
    begun = ""
    for line in [*_CODE.sub("\n", path.read_text()).splitlines(), ""]:
        text = line.strip()
        is_text = bool(text) and not text.startswith(("#", "|", "After this page", "![", ":::"))
        if begun and (not is_text or _ITEM.match(text) or begun.endswith((".", ":", "!", "?"))):
            yield begun
            begun = ""
        if is_text:
            begun = f"{begun} {_ITEM.sub('', text)}".strip()


def names() -> list[str]:
    """What the page of the Python interface shows."""
    return re.findall(r"^::: otel_agent\.(\S+)$", (DOCS / "reference/api.md").read_text(), re.MULTILINE)


def commands() -> Mapping[str, str]:
    """What `otel-agent` can do: name and one line of each command."""
    source = ast.parse((ROOT / "otel_agent/cli/__init__.py").read_text())
    values = {
        target.id: node.value
        for node in source.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: dict[str, str] = ast.literal_eval(values["COMMANDS"])
    return found


def files_of_command(name: str) -> list[str]:
    """Files of tests that run a command."""
    places = [*(ROOT / "tests/cli").glob(f"test_{name}*.py"), *(ROOT / f"tests/cli/{name}").glob("test_*.py")]
    return sorted(path.relative_to(ROOT).as_posix() for path in places)


@lru_cache(maxsize=1)
def table() -> Mapping[str, Any]:
    """The tests of rows, absolutes and names, as they were written down."""
    return tomllib.loads(TABLE.read_text())


def trials_of(statement: Statement) -> tuple[list[str], str]:
    """
    The tests of a statement, and why it has none.

    Args:
        statement: A row or an absolute.
    """
    for entry in table()["promise"]:
        if (entry["page"], entry["says"]) == (statement.page, statement.text):
            return list(entry.get("tests", ())), str(entry.get("no_test", ""))
    return [], ""


def exists(test: str) -> bool:
    """Whether a test is there: "tests/a/test_b.py", alone or with "::test_name"."""
    path, _, name = test.partition("::")
    file = ROOT / path
    return file.is_file() and (not name or name in _functions(file))


@cache
def _functions(file: Path) -> frozenset[str]:
    nodes = ast.walk(ast.parse(file.read_text()))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _pages() -> list[Path]:
    found = [path for part in ("tutorial", "how-to", "explanation", "reference") for path in (DOCS / part).glob("*.md")]
    return sorted(path for path in found if path.parent.name != "reference" or path.name not in GENERATED)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _absolutes(path: Path) -> Iterator[Statement]:
    text = _CODE.sub("", path.read_text())
    symptoms = _SYMPTOMS.search(text)
    for line in text[: symptoms.start() if symptoms else None].splitlines():
        if line.startswith(("#", "|", "After this page")):
            continue
        for sentence in _SENTENCE.split(line.strip().removeprefix("* ")):
            if _ABSOLUTE.search(sentence):
                yield Statement(_name(path), sentence)


def page() -> str:
    """The page, as it should stand in `docs/reference/promises.md`."""
    lines = [
        "# Promises, and the tests that try them",
        "",
        "What README and pages promise, and where each promise is tried as a user would.",
        "Made by `python tests/servers/promises.py` from the pages and `docs/reference/promises.toml`; `tests/docs/test_promises.py` holds it.",
        'A promise is each page\'s goal, each sentence that says never, always, exactly or at most, each name of the Python interface and each command; of the pages under "Sentence by sentence" it is every sentence.',
        "",
        "## Four promises",
        "",
        *_table_of(rows()),
        "",
        "## Goals of the pages",
        "",
        f"Each page is followed in an empty folder, and what it shows is compared with what comes: `{FOLLOWED}`.",
        "",
        "| page | goal |",
        "|---|---|",
        *(f"| {_link(each.page)} | {_cell(each.text, each.page)} |" for each in goals()),
        "",
        "## Without exception",
        "",
        *_table_of(absolutes()),
        "",
        "## Sentence by sentence",
        "",
        "Of these pages every sentence is held, in `docs/reference/statements.toml`; a sentence of one of these kinds has no test of its own:",
        "",
        *(f"* {kind}: {reason}" for kind, reason in sentence_table()["kinds"].items()),
        "",
        *(line for held in held_pages() for line in _sentences_of(held)),
        "## Python interface",
        "",
        "| name | tests |",
        "|---|---|",
        *(f"| `{each.rpartition('.')[2]}` | {_shown(table()['interface'].get(each, []))} |" for each in names()),
        "",
        "## Commands",
        "",
        "| command | what it does | tests |",
        "|---|---|---|",
        *(f"| `otel-agent {name}` | {line} | {_shown(files_of_command(name))} |" for name, line in commands().items()),
        "",
    ]
    return "\n".join(lines)


def _table_of(statements: list[Statement]) -> Iterator[str]:
    yield "| page | promise | tests |"
    yield "|---|---|---|"
    for each in statements:
        tests, reason = trials_of(each)
        yield f"| {_link(each.page)} | {_cell(each.text, each.page)} | {_shown(tests) or f'none: {reason}'} |"


def _sentences_of(held: str) -> Iterator[str]:
    yield from (f"### {held}", "", "| sentence | tests |", "|---|---|")
    for each in sentences(held):
        trials = sentence_trials(each)
        is_kind = trials[:1] and trials[0] in sentence_table()["kinds"]
        yield f"| {_cell(each.text, held)} | {trials[0] if is_kind else _shown(trials)} |"
    yield ""


def _shown(tests: list[str]) -> str:
    return "<br>".join(f"`{each.removeprefix('tests/')}`" for each in tests)


def _link(name: str) -> str:
    return f"`{name}`" if not name.startswith("docs/") else f"[{Path(name).stem}](../{name.removeprefix('docs/')})"


def _cell(text: str, of: str) -> str:
    """A text in a table: its links are left out, because they are relative to another page."""
    del of
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
