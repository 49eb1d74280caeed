"""`${...}` in files: what is put in, with which type, and what never is."""

from pathlib import Path

import pytest

from otel_agent.config.loading import Loaded, load


def from_file(tmp_path: Path, text: str, **environ: str) -> Loaded:
    """What a file says in an environment."""
    (tmp_path / "otel-agent.yaml").write_text(text)
    return load({}, environ=environ, directory=tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${NAME}", "trader"),
        ("${env:NAME}", "trader"),
        ("a-${NAME}-${NAME}", "a-trader-trader"),
        ("${NONE:-b}", "b"),
        ("${EMPTY:-b}", "b"),
        ("${NAME:-b}", "trader"),
        ("$${NAME}", "${NAME}"),
        ("$$$$", "$$"),
        ("$NAME", "$NAME"),
        ("5$", "5$"),
        ("${RECURSIVE}", "${NAME} $$"),
        ("${NONE:-a:-b}", "a:-b"),
    ],
)
def test_strings(tmp_path: Path, text: str, expected: str) -> None:
    """Variables and defaults are put in, once; a doubled dollar sign is one."""
    loaded = from_file(tmp_path, f"service: {{name: '{text}'}}", NAME="trader", EMPTY="", RECURSIVE="${NAME} $$")

    assert (expected, ()) == (loaded.config.service.name, loaded.problems)


def test_an_unquoted_reference_has_the_type_of_the_setting(tmp_path: Path) -> None:
    """A port from a variable is a number, a boolean is a boolean, and a string that looks like a number stays a string."""
    loaded = from_file(
        tmp_path,
        "health:\n  port: ${PORT}\nmetrics:\n  host: ${HOST}\nservice:\n  version: ${VERSION}",
        PORT="8080",
        HOST="false",
        VERSION="1.10",
    )

    assert ((8080, False, "1.10"), ()) == (
        (loaded.config.health.port, loaded.config.metrics.host, loaded.config.service.version),
        loaded.problems,
    )


def test_a_quoted_reference_is_a_string(tmp_path: Path) -> None:
    """Quotes around a reference make its value a string, as around anything else; the value is not repeated."""
    loaded = from_file(tmp_path, "health: {port: '${PORT}'}", PORT="8080")

    assert (
        "otel-agent.yaml:1: health.port: expected a whole number from 0 to 65535, or off, found the value of ${PORT}",
    ) == loaded.problems


def test_a_variable_cannot_bring_structure(tmp_path: Path) -> None:
    """Whatever a variable holds is one string, never further keys or lists."""
    loaded = from_file(tmp_path, "service:\n  name: ${NAME}", NAME="a\nhealth: {port: 1}")

    assert ("a\nhealth: {port: 1}", None) == (loaded.config.service.name, loaded.config.health.port)


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    """`${file:path}` is the content without its last line end, relative to the file it stands in."""
    inner = tmp_path / "conf"
    inner.mkdir()
    (inner / "token").write_text("Bearer abc\n")
    (inner / "c.yaml").write_text('export: {headers: {Authorization: "${file:token}"}}')

    loaded = load({"config": "conf/c.yaml"}, environ={}, directory=tmp_path)
    assert {"authorization": "Bearer abc"} == loaded.config.export.headers


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\xff", "invalid UTF-8"), (b"x" * 70_000, "is larger than 65536 bytes"), (None, "is no file")],
)
def test_what_is_no_secret_file_is_said(tmp_path: Path, content: bytes | None, expected: str) -> None:
    """Neither binary, nor large, nor a directory."""
    if content is None:
        (tmp_path / "token").mkdir()
    else:
        (tmp_path / "token").write_bytes(content)

    (problem,) = from_file(tmp_path, 'service: {version: "${file:token}"}').problems
    assert f"otel-agent.yaml:1: service.version: ${{file:token}}: {expected}" == problem


def test_all_references_together_are_bounded(tmp_path: Path) -> None:
    """A small file cannot grow without bound through the variables it names."""
    names = ", ".join(f"k{i}: '${{BIG}}'" for i in range(40))
    loaded = from_file(tmp_path, f"resource: {{attributes: {{{names}}}}}", BIG="x" * 60_000)

    assert 17 == len(loaded.config.resource.attributes)
    assert loaded.problems[0].endswith("all references together bring more than 1048576 characters")


def test_a_reference_that_fails_leaves_the_rest(tmp_path: Path) -> None:
    """In a mapping and in a list the other entries are used."""
    loaded = from_file(tmp_path, "export: {headers: {a: '${NONE}', b: c}}\ninstrument: {modules: ['${NONE}', d]}")

    assert ({"b": "c"}, ("d",), 2) == (
        loaded.config.export.headers,
        loaded.config.instrument.modules,
        len(loaded.problems),
    )


def test_a_default_that_may_be_a_secret_is_not_repeated(tmp_path: Path) -> None:
    """What stands after :- is left out of messages."""
    (problem,) = from_file(tmp_path, "health: {token: '${bad name:-s3cret}'}").problems

    assert "s3cret" not in problem


def test_mappings_from_code_are_taken_as_they_are() -> None:
    """A dollar sign in a mapping given to `init` means itself: code can read variables on its own."""
    loaded = load({"config": {"service": {"name": "${NAME}"}}}, environ={}, directory="/")

    assert ("${NAME}", "argument config") == (loaded.config.service.name, loaded.origins["service.name"])
