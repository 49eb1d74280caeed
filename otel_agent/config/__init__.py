"""
YAML, overlays, environment variables and arguments become one frozen tree with the origin of every value.

    model, sections/    every setting with its meaning, range and default
    loading             the way in
    sources/            what arguments, variables and files have for which path of the tree
    yaml/               the one YAML reader; Prometheus' rule files are read by it too
    merging             what the sources say becomes one value for each setting, converted by `conversion`
    relations/          settings that depend on each other
    explaining          every setting with its value and origin, secrets masked
    reference/          reference pages and JSON Schema, made from the model

Nothing here knows OpenTelemetry: what the settings mean to an SDK is the business of who reads them.
"""
