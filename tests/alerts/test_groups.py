"""A group is evaluated in order, one bad rule stops no other, and re-reading a file ends only what is gone."""

from collections.abc import Iterable

from alert_settings import alert_settings

from otel_agent.alerts.groups import OWN_SERIES_LIMIT, GroupRun, exchange_groups
from otel_agent.alerts.rules.files import read_text
from otel_agent.alerts.shorthand.compiling import compile_rules
from otel_agent.alerts.states import Transition
from otel_agent.series.labels import NAME
from otel_agent.series.matchers import Matcher, MatchType
from otel_agent.series.store import Store

T0_MS = 1_700_000_000_000


def group(store: Store, rules: str, more: str = "", source: str = "r.yml") -> GroupRun:
    """A group of these rules."""
    read = read_text(f"groups: [{{name: g, {more} rules: [{rules}]}}]", source)
    assert () == read.problems
    return GroupRun(read.groups[0], store)


def newest(store: Store, name: str, at_ms: int = T0_MS) -> list[object]:
    """The newest values of the series of a name."""
    found = store.select([Matcher(NAME, MatchType.EQUAL, name)])
    return [point[1] for one in found if (point := one.points.latest(at_ms, 300_000)) is not None]


def changes(transitions: Iterable[Transition]) -> list[tuple[str, str, str]]:
    """Name, state before and state after."""
    return [(one.alert.rule_name, one.before.value, one.after.value) for one in transitions]


def test_later_rules_see_what_earlier_ones_recorded() -> None:
    """At one and the same moment, an alert reads the series of the recording rule before it."""
    store = Store()
    found = group(store, "{record: two, expr: vector(2)}, {alert: A, expr: two > 1}").evaluate(T0_MS)

    assert [2.0] == newest(store, "two")
    assert [("A", "inactive", "firing")] == changes(found)


def test_a_rule_that_fails_says_why_and_stops_no_other() -> None:
    """The error is kept with the rule, and the next rule is evaluated."""
    store = Store()
    for host in "ab":
        store.append({NAME: "x", "host": host}, T0_MS, 1.0)
    run = group(store, "{record: bad, expr: (x) * on () x}, {record: good, expr: vector(1)}")
    run.evaluate(T0_MS)

    assert ["error", "ok"] == [rule.health for rule in run.rules]
    assert "one side must be unique" in run.rules[0].error
    assert ([], [1.0]) == (newest(store, "bad"), newest(store, "good"))


def test_a_rule_over_its_budget_is_an_error() -> None:
    """A budget of nothing ends every evaluation."""
    store = Store()
    run = GroupRun(group(store, "{record: r, expr: vector(1)}").group, store, budget_s=-1.0)
    run.evaluate(T0_MS)

    assert "longer than its budget" in run.rules[0].error


def test_a_recording_rule_over_the_limit_records_nothing() -> None:
    """More series than the group allows are an error, as in Prometheus."""
    store = Store()
    for host in "abc":
        store.append({NAME: "x", "host": host}, T0_MS, 1.0)
    run = group(store, "{record: copied, expr: x}", "limit: 2,")
    run.evaluate(T0_MS)

    assert ("error", "3 series are more than the limit of 2") == (run.rules[0].health, run.rules[0].error)
    assert [] == newest(store, "copied")


def test_what_a_rule_does_not_give_any_more_is_ended() -> None:
    """The series of an alert that is over has no value at the next evaluation, and is taken away later."""
    store = Store()
    run = group(store, "{alert: A, expr: x > 1}")
    store.append({NAME: "x"}, T0_MS, 2.0)
    run.evaluate(T0_MS)
    active = newest(store, "ALERTS")
    store.append({NAME: "x"}, T0_MS + 1_000, 0.0)
    run.evaluate(T0_MS + 1_000)
    over = newest(store, "ALERTS", T0_MS + 1_000)
    count = len(store)
    run.evaluate(T0_MS + 1_000 + 3_700_000)

    assert ([1.0], []) == (active, over)
    assert (3, 1) == (count, len(store))


def test_a_rule_writes_a_bounded_number_of_series() -> None:
    """However many elements an expression has, the series a rule writes are bounded."""
    store = Store()
    for number in range(OWN_SERIES_LIMIT + 50):
        store.append({NAME: "x", "n": str(number)}, T0_MS, 1.0)
    run = group(store, "{record: copied, expr: x + 0}")
    run.evaluate(T0_MS)

    assert OWN_SERIES_LIMIT == len(newest(store, "copied"))


def test_exchanged_groups_go_on_and_those_that_are_gone_end() -> None:
    """The alert of a rule that stays keeps firing without a word; that of a group that is gone ends."""
    store = Store()
    kept, gone = (
        group(store, "{alert: A, expr: vector(1)}"),
        group(store, "{alert: B, expr: vector(1)}", source="o.yml"),
    )
    for run in (kept, gone):
        run.evaluate(T0_MS)
    again = group(store, "{alert: A, expr: vector(2)}, {alert: C, expr: vector(1)}")
    transitions = exchange_groups([kept, gone], [again], T0_MS + 1_000)

    assert [("B", "firing", "inactive")] == changes(transitions)
    assert again.rules[0].alerting is not None
    assert [T0_MS] == [alert.active_at_ms for alert in again.rules[0].alerting.active()]
    assert "C" not in [name for name, _, _ in changes(transitions)]


def test_the_same_rule_twice_is_taken_over_in_order() -> None:
    """Two rules of one name and one set of labels keep their alerts each."""
    store = Store()
    before = group(store, "{alert: A, expr: 'vector(1)'}, {alert: A, expr: 'vector(1) > 5'}")
    before.evaluate(T0_MS)
    after = group(store, "{alert: A, expr: 'vector(1)'}, {alert: A, expr: 'vector(1) > 5'}")
    after.take_over(before, T0_MS)

    assert [1, 0] == [len(list(run.alerting.active())) for run in after.rules if run.alerting is not None]


def test_an_alert_that_ends_says_at_what() -> None:
    """The texts of its end have the value it ended at, not the last one at which it was active."""
    entries = [{"threshold": {"name": "Depth", "metric": "depth", "above": 8.0, "clear_below": 5.0}}]
    store = Store()
    (group,) = compile_rules(alert_settings(rules=entries).rules).groups
    run = GroupRun(group, store, budget_s=3600.0)
    texts = []
    for number, value in enumerate((9.0, 6.0, 4.0), 1):
        store.append({"__name__": "depth", "host": "a"}, number * 1000, value)
        texts += [
            (one.after.value, one.alert.value, one.alert.annotations["summary"]) for one in run.evaluate(number * 1000)
        ]

    assert [("firing", 9.0, "depth is 9, above 8"), ("inactive", 4.0, "depth is 4, back below 5")] == texts
