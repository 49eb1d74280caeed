"""The contract between delivery and its senders."""

import inspect

from otel_agent.delivery.outcomes import ExportOutcome, Sender, StatelessSender, Verdict


def test_a_sender_without_state_only_has_to_send() -> None:
    """The base has every method of the contract but the two that every sender must have, and with the same arguments."""
    wanted = {name: member for name, member in vars(Sender).items() if inspect.isfunction(member) and name[0] != "_"}
    given = {name: member for name, member in vars(StatelessSender).items() if inspect.isfunction(member)}

    assert {"send", "where"} == wanted.keys() - given.keys()
    assert all(inspect.signature(wanted[name]) == inspect.signature(member) for name, member in given.items())


def test_an_outcome_says_only_what_is_known() -> None:
    """A plain delivery has no problem, rejects nothing and asks for no pause."""
    assert ExportOutcome(Verdict.DELIVERED, "", "", 0, None) == ExportOutcome(Verdict.DELIVERED)
