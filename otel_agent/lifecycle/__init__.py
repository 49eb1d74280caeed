"""
Start in order, stop in reverse, one deadline; signals, fork and exit. Knows callables, nothing of telemetry.

    lifecycle, components   components started in order; `shutdown` closes them in reverse, after the agent's `hooks`
    signals                 what a signal means; `safe_points` and `lock_holders` say where the main thread may be stopped for it,
                            `wakeup` hears of it by the `wakeup_descriptor`, `main_thread` calls into the main thread
    exit_hooks              ends that are not signals; `leaving` knows libraries whose children leave by `os._exit`
    reload_signal           SIGHUP where it asks for the configuration to be read again
    forks                   who rests before a fork and begins anew in the child; `fork_warning` keeps the interpreter's warning for
                            the agent's own threads, `left_alone` ends a child whose last thread has ended
    tasks, idle_threads     foreign code on threads that wait for it
"""
