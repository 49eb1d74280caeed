"""
Rules in a few words, compiled to PromQL.

`compiling` reads entries such as `{threshold: {name: MemoryHigh, metric: system.memory.utilization, above: 0.9}}` and makes
rules of them; `otel-agent rules explain` shows what. There is one evaluator: whatever is written short is a Prometheus rule
in the end, and can be exported as one.
"""
