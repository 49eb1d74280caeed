"""
A documented subset of PromQL, evaluated over `series`.

`parsing` turns text into a syntax tree of `nodes` and refuses, when a rule is loaded, whatever the subset does not hold: a rule
never gets a wrong answer, only a right one or none. `evaluation` computes a tree at a moment, over what `selection` finds in the
store; the arithmetic lies beside it by kind: `range_functions` and `rates` for ranges, `elementwise` for single values,
`quantiles` for histograms, `aggregation` and `matching` for several series. Meanings are those of Prometheus 3, with which
tests/end_to_end compares them.

Source: https://prometheus.io/docs/prometheus/latest/querying/
"""
