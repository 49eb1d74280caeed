"""
YAML, overlays, environment variables and arguments become one frozen tree with the origin of every value.

`model` and `sections` hold every setting with its meaning, range and default. `loading.load` is the way in. Each source says
what it has for which path of the tree (`sources`), `merging` turns what the sources say into values, `relations` looks at
settings that depend on each other. Nothing here knows OpenTelemetry: what the settings mean to an SDK is the business of who
reads them.
"""
