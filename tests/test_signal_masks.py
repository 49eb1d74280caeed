"""Signals that threads of ours leave to the agent's."""

import signal

from otel_agent import primitives, signal_masks
from otel_agent.lifecycle.threads import with_signals


def test_a_thread_of_ours_takes_no_signal_but_its_own_faults() -> None:
    """A function of the agent's takes what the thread's starter took, and so does a program that it starts."""
    masks: list[set[int]] = []

    def look() -> None:
        masks.append({int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())})

    def work() -> None:
        look()
        with_signals(look)
        look()

    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    thread = primitives.Thread(work, "otel-agent-test")
    thread.start()
    thread.join(30)
    ours, agents, again = masks

    assert {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGUSR1} <= ours == again
    assert not {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT} & ours
    assert before == agents == signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_on_a_thread_of_the_agent_s_nothing_changes() -> None:
    """Its mask is its own business."""
    with_signals(lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2}))

    assert signal.SIGUSR2 in signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR2})


def test_where_threads_have_no_mask_functions_are_just_called() -> None:
    """As on systems without it."""
    assert 7 == signal_masks.calling(None, lambda: 7)
