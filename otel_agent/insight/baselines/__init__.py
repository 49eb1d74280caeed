"""
Whether code has become slower: sets of runs, compared by rank.

A *run* is one execution of a command, one round of tests, or one minute of a running agent; what is compared is each function's
median of a run, never its pooled calls. Calls of one run share its luck (the memory layout, the other tenants of the machine), so
ten thousand of them are one observation, and a test that takes them for ten thousand cries wolf.

    runs       what is kept of a run, and what it ran on
    files      runs as JSON lines, appended safely
    rank_test  the exact one-sided Mann-Whitney test, and Holm's correction
    verdicts   faster, slower, same, or not enough data
    minutes    a running agent's minutes as runs
    tables     a comparison as text
    pictures   a comparison as SVG

Everything here but `files` and `environment` is pure: numbers in, values out.
"""
