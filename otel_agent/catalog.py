"""
Every metric, attribute and event this package emits: name, kind, unit, meaning and source.

The documentation's reference page and the test that compares what is emitted with what is promised are made from these
tables; instruments are created from them, so that a name, a unit or a description stands in exactly one place.
"""
