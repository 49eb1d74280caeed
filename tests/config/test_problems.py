"""What is wrong with a set-up, collected."""

from otel_agent.config.problems import Problems


def test_lines_come_by_place_and_line() -> None:
    """Arguments before variables before files; the same line once."""
    problems = Problems()
    for origin in ("f.yaml:12", "f.yaml:3", "environment A", "argument b", "f.yaml:3"):
        problems.add(origin, "x.y", "is wrong")

    assert (
        "argument b: x.y: is wrong",
        "environment A: x.y: is wrong",
        "f.yaml:3: x.y: is wrong",
        "f.yaml:12: x.y: is wrong",
    ) == problems.lines
    assert () == problems.warnings


def test_there_is_a_bound_to_everything() -> None:
    """A hundred lines of a thousand characters, and how many more there are."""
    problems = Problems()
    for number in range(150):
        problems.warn("", "", f"{number} {'x' * 2000}")
        problems.add("", "", str(number))

    assert (101, "and 50 more like these") == (len(problems.warnings), problems.warnings[-1])
    assert {1000} == {len(line) for line in problems.warnings[:-1]}
    assert problems.is_full


def test_a_line_is_one_line() -> None:
    """Whatever was in it."""
    problems = Problems()
    problems.add("f", "", "a\nb\x1b[31m")

    assert ("f: a\\nb\\x1b[31m",) == problems.lines
