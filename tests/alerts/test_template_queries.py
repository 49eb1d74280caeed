"""`query` of a template asks the series its rule reads."""

from otel_agent.alerts.groups import GroupRun
from otel_agent.alerts.rules.files import read_text
from otel_agent.series.labels import Labels
from otel_agent.series.store import Store

RULES = """
groups:
- name: g
  rules:
  - alert: Busy
    expr: load > 1
    annotations:
      others: '{{ range query "load" | sortByLabel "host" }}{{ .Labels.host }} {{ .Value }};{{ end }}'
      wrong: '{{ query "load >" }}'
"""


def test_an_annotation_tells_of_other_series() -> None:
    """At the moment of the evaluation; an expression that cannot be read costs the text alone."""
    store = Store()
    for host, value in (("b", 2.0), ("a", 0.5)):
        store.append(Labels({"__name__": "load", "host": host}), 1000, value)
    run = GroupRun(read_text(RULES).groups[0], store)

    (transition,) = run.evaluate(2000)

    assert "a 0.5;b 2;" == transition.alert.annotations["others"]
    assert "<error expanding template: error calling query:" in transition.alert.annotations["wrong"]
