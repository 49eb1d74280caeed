"""What is instrumented, what would be, and what is missing, without starting anything."""

from otel_agent.instruments.libraries.survey import survey


def test_our_own_instrument_stands_for_its_entry_point() -> None:
    """Ready where it would work, with the reason where it would not."""
    ready = {each.name: each for each in survey(True, {"sqlalchemy": None})}
    refused = {each.name: each for each in survey(True, {"sqlalchemy": "needs sqlalchemy>=2.0, found sqlalchemy 1.4"})}

    assert "ready" == ready["sqlalchemy"].state
    assert ("conflict", "needs sqlalchemy>=2.0, found sqlalchemy 1.4") == (
        refused["sqlalchemy"].state,
        refused["sqlalchemy"].message,
    )


def test_what_is_not_wanted_is_left_out() -> None:
    """By name, or all of them."""
    assert {"left out"} == {each.state for each in survey(False, {"sqlalchemy": None}) if each.name == "sqlalchemy"}
