"""
Automatic tracing: spans for functions of the agent's own modules, or of chosen ones, without a decorator.

    own_code        which files are the agent's own
    selection       which modules and functions are meant: the agent's own, names, and names that are taken away
    code_objects    the functions of a module, found without running anything of it
    trials          whether a function is worth watching: pure
    pending_spans   which calls leave a span: those that turn out to matter
    watched_functions   what is known of one function that is watched
    monitoring      calls watched from outside, by `sys.monitoring` (Python 3.12 and later)
    stack_watch     slow calls of functions that nobody watches, seen on the stack
    tracing         all of it, put in place and taken back

Nothing of the program is changed: no function, no code object, no frame. See docs/explanation/harmless.md.
"""
