"""
Start in order, stop in reverse, one deadline; signals, fork and exit. Knows callables, nothing of telemetry.

    lifecycle, components   components started in order; `shutdown` closes them in reverse, after the agent's `hooks`
    signals                 what a signal means; `safe_points` and `lock_holders` say where the main thread may be stopped for it,
                            `wakeup` hears of it, `main_thread` calls into the main thread
    exit_hooks              ends that are not signals
    reload_signal           SIGHUP where it asks for the configuration to be read again
    forks                   who rests before a fork and begins anew in the child
    tasks, idle_threads     foreign code on threads that wait for it
"""
