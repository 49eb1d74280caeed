"""
Rules as Prometheus writes them: files, durations, templates, and back to text.

`files` reads a file and reports every mistake with its line; a bad rule is left out and the others stay. `templates` fills
labels and annotations, `export` writes rules that promtool accepts. Shorthand lives one folder up, in `shorthand`: it only
makes what this folder reads.
"""
