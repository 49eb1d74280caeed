"""A request without a response: what is said of it, and what becomes of it."""

import pytest

from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.senders.http.messages import REASONS, NotSentError


@pytest.mark.parametrize("problem", REASONS)
def test_most_problems_may_pass_by_themselves(problem: str) -> None:
    """Whatever happened, it is said in a sentence after the address; only a wrong protocol has to be mended."""
    outcome = NotSentError(problem).outcome("http://collector:4318")

    assert (Verdict.HELD if problem == "not_http" else Verdict.LATER) is outcome.verdict
    assert f"http://collector:4318: {REASONS[problem]}" == outcome.message


def test_no_connection_in_time_is_a_timeout() -> None:
    """Whether connecting or answering took too long is said in words, and is one kind of problem."""
    assert ["timeout", "timeout"] == [NotSentError(problem).outcome("c").problem for problem in ("connect", "timeout")]


def test_a_problem_of_its_own_has_its_own_words() -> None:
    """A kind that is not in the list comes with text and verdict."""
    outcome = NotSentError("tls", "no trusted connection", Verdict.HELD).outcome("https://c")

    assert ExportOutcome(Verdict.HELD, "tls", "https://c: no trusted connection") == outcome
