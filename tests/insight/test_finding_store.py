"""Findings that are known."""

from dataclasses import replace

from otel_agent.insight.finding_store import FindingStore
from otel_agent.insight.findings import Finding, Sighting

SIGHTING = Sighting(
    "n_plus_one", "SELECT member", "teams.py:41", {"queries": 12}, "Ask once.", 0.05, 100.0, 100.1, trace_ids=("a1",)
)


def test_what_is_seen_again_is_one_finding_that_saves_more() -> None:
    """Savings are seconds a minute, from when it was first seen."""
    store = FindingStore(now_s=lambda: 130.0)

    assert [True, False] == [
        store.saw(each) for each in (SIGHTING, replace(SIGHTING, began_s=119.9, ended_s=120.0, trace_ids=("b2",)))
    ]
    (finding,) = store.findings()
    assert (2, 100.0, 120.0, ("a1", "b2")) == (
        finding.count,
        finding.first_seen_s,
        finding.last_seen_s,
        finding.trace_ids,
    )
    assert 0.1 / 20 * 60 == finding.saving_s_per_min


def test_a_total_takes_the_place_of_what_was_known() -> None:
    """A detector that counts from the beginning says so."""
    store = FindingStore(now_s=lambda: 110.0)
    for count in (10, 20):
        store.saw(replace(SIGHTING, saved_s=count / 10, ended_s=110.0, count=count, is_total=True))

    assert (20, 2.0 / 10 * 60) == (store.findings()[0].count, store.findings()[0].saving_s_per_min)


def test_time_goes_on_for_what_is_not_seen_any_more() -> None:
    """Ten minutes later the same saving is a small one a minute; right afterwards it is not."""
    now_s = [102.0]
    store = FindingStore(now_s=lambda: now_s[0])
    store.saw(replace(SIGHTING, ended_s=101.0, count=2))
    soon = store.findings()[0].saving_s_per_min
    now_s[0] = 710.0
    late = round(store.findings()[0].saving_s_per_min or 0, 9)

    assert (3.0, 0.005) == (soon, late)


def test_what_was_seen_once_is_not_told_for_long_when_it_saves_next_to_nothing() -> None:
    """As when the machine was slow for a moment; seen again, it is."""
    now_s = [102.0]
    store = FindingStore(now_s=lambda: now_s[0])
    store.saw(SIGHTING)
    soon = [finding.rule for finding in store.findings()]
    now_s[0] = 710.0
    late = store.findings(), dict(store.counts())
    store.saw(SIGHTING)

    assert (["n_plus_one"], ([], {})) == (soon, late)
    assert ["n_plus_one"] == [finding.rule for finding in store.findings()]


def test_most_saving_comes_first() -> None:
    """What is no time comes last."""
    store = FindingStore(now_s=lambda: 101.0)
    for subject, saved_s in (("small", 0.1), ("none", None), ("large", 5.0)):
        store.saw(replace(SIGHTING, subject=subject, saved_s=saved_s))

    assert ["large", "small", "none"] == [finding.subject for finding in store.findings()]


def test_no_more_are_kept_than_may() -> None:
    """The one that saves least leaves; the newest stays, for it has had no time to save."""
    store = FindingStore(most=2, now_s=lambda: 101.0)
    for subject, saved_s in (("a", 3.0), ("b", 1.0), ("c", 0.0)):
        store.saw(replace(SIGHTING, subject=subject, saved_s=saved_s, count=2))

    assert ["a", "c"] == [finding.subject for finding in store.findings()]
    assert {"n_plus_one": 2} == store.counts()


def test_a_rule_that_is_switched_off_finds_nothing() -> None:
    """And what was known before is forgotten."""
    store = FindingStore()
    store.saw(SIGHTING)
    store.begin(lambda rule: rule != "n_plus_one")

    assert (False, []) == (store.saw(SIGHTING), store.findings())


def test_listeners_hear_of_a_finding_once() -> None:
    """One that fails keeps it from nobody."""
    store = FindingStore()
    heard: list[Finding] = []
    store.on_new(lambda _: 1 / 0)
    store.on_new(heard.append)
    store.saw(SIGHTING)
    store.saw(SIGHTING)

    assert ["n_plus_one"] == [finding.rule for finding in heard]


def test_what_turns_out_to_be_none_is_forgotten() -> None:
    """A function may stop giving equal answers."""
    store = FindingStore()
    store.saw(SIGHTING)
    store.forget(SIGHTING.rule, SIGHTING.subject, SIGHTING.place)

    assert [] == store.findings()


def test_a_forked_child_knows_nothing() -> None:
    """Findings are its parent's."""
    store = FindingStore()
    store.saw(SIGHTING)
    store.reinit_after_fork()

    assert [] == store.findings()
