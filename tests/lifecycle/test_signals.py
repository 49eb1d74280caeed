"""Every signal that ends a process: nothing lost, the status kept, the deadline held. Real processes, real signals."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from agent_process import run_agent
from ledger_process import DEADLINE_S, LONG_S, MARGIN_S, ROOT, ledger_agent


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_an_idle_agent_as_it_always_did_and_nothing_is_lost(tmp_path: Path, number: int) -> None:
    """The status says which signal it was."""
    with ledger_agent(tmp_path, "sleep") as run:
        run.ready()
        run.send(number)
        code, took_s = run.end()

    assert (-number, set()) == (code, run.lost())
    assert 100 == len(run.lines("accepted"))
    assert took_s < DEADLINE_S + MARGIN_S
    assert "" == run.errors


def test_sigint_stays_a_keyboard_interrupt(tmp_path: Path) -> None:
    """Python's own way out is left alone."""
    with ledger_agent(tmp_path, "sleep") as run:
        run.ready()
        run.send(signal.SIGINT)
        code, _ = run.end()

    assert (-signal.SIGINT, set()) == (code, run.lost())
    assert "KeyboardInterrupt" in run.errors


@pytest.mark.parametrize("turns", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_sigterm_under_load_loses_nothing(tmp_path: Path, turns: int) -> None:
    """Again and again: status kept, deadline held, all that was accepted delivered."""
    for turn in range(turns):
        directory = tmp_path / str(turn)
        directory.mkdir()
        with ledger_agent(directory, "load") as run:
            run.ready()
            run.accepted(turn % 10)
            run.send(signal.SIGTERM)
            code, took_s = run.end()

        assert (-signal.SIGTERM, set()) == (code, run.lost())
        assert took_s < DEADLINE_S + MARGIN_S


def test_sigterm_in_the_middle_of_starting_a_thread_loses_nothing(tmp_path: Path) -> None:
    """The main thread holds what every other thread needs to start, and must go on to give it back."""
    with ledger_agent(tmp_path, "starting") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, took_s = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())
    assert 100 == len(run.lines("accepted"))
    assert took_s < DEADLINE_S + MARGIN_S
    assert "" == run.errors


def test_sigterm_in_the_middle_of_a_fork_waits_for_its_end(tmp_path: Path) -> None:
    """What is held for the fork is needed to end, and is given back first."""
    for turn in range(5):
        directory = tmp_path / str(turn)
        directory.mkdir()
        with ledger_agent(directory, "forks", LONG_S) as run:
            run.ready()
            run.accepted(turn)
            run.send(signal.SIGTERM)
            code, took_s = run.end()

        assert (-signal.SIGTERM, set()) == (code, run.lost())
        assert took_s < LONG_S / 2


def test_sigterm_while_the_main_thread_holds_a_lock_ends_at_the_deadline(tmp_path: Path) -> None:
    """Closing waits for a lock that never comes; the process does not."""
    with ledger_agent(tmp_path, "locked") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, took_s = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())
    assert took_s < DEADLINE_S + MARGIN_S


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_saves_what_can_be_saved_and_ends_at_once(tmp_path: Path, second: int) -> None:
    """Nobody waits for the deadline twice, and still nothing is lost."""
    with ledger_agent(tmp_path, "stuck", LONG_S) as run:
        run.ready()
        run.send(signal.SIGTERM)
        run.closing()
        run.send(second)
        code, took_s = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())
    assert took_s < LONG_S / 2


def test_sigterm_while_a_program_that_has_returned_still_delivers(tmp_path: Path) -> None:
    """It ends by the signal, at the deadline that already runs."""
    with ledger_agent(tmp_path, "stuck-end") as run:
        run.ready()
        run.closing()
        run.send(signal.SIGTERM)
        code, took_s = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())
    assert took_s < DEADLINE_S + MARGIN_S


def test_signals_are_left_alone_in_a_subinterpreter(tmp_path: Path) -> None:
    """They belong to the main one; a sentence says so."""
    code = f"""if True:
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from otel_agent.lifecycle.signals import EndSignals
        problem = EndSignals(lambda timeout_s: None).install()
        assert problem is not None and "subinterpreter" in problem, problem
    """
    program = f"import _xxsubinterpreters as s; s.run_string(s.create(), {code!r}); print('done')"
    pytest.importorskip("_xxsubinterpreters")
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (0, "done\n") == (result.returncode, result.stdout), result.stderr


def test_sigterm_is_heard_while_the_main_thread_is_deep_in_c(tmp_path: Path) -> None:
    """The data is safe and the process gone long before the computation would have ended."""
    with ledger_agent(tmp_path, "c") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, took_s = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())
    assert took_s < DEADLINE_S + MARGIN_S


def test_the_agents_own_handler_decides_when_it_ends(tmp_path: Path) -> None:
    """As under gunicorn: called once, requests in flight are finished, and what they told is kept."""
    with ledger_agent(tmp_path, "softly") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert (0, 9, set()) == (code, len(run.lines("accepted")), run.lost())
    assert ["closed", "notice", "own handler"] == sorted(run.lines("events"))


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    """`nohup` and its like mean what they say."""
    with ledger_agent(tmp_path, "ignoring") as run:
        run.ready()  # it has sent itself SIGTERM before
        run.send(signal.SIGINT)
        code, _ = run.end()

    assert (-signal.SIGINT, set()) == (code, run.lost())


def test_an_event_loops_own_handler_is_left_to_it(tmp_path: Path) -> None:
    """`loop.add_signal_handler` after init: the agent stops as it wanted to."""
    with ledger_agent(tmp_path, "loop") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert (0, 10, set()) == (code, len(run.lines("accepted")), run.lost())


def test_an_event_loop_that_leaves_the_default_action_behind_is_noticed(tmp_path: Path) -> None:
    """After the loop has ended, SIGTERM is ours again."""
    with ledger_agent(tmp_path, "loop-and-more") as run:
        run.ready()
        run.send(signal.SIGTERM)
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert (-signal.SIGTERM, 15, set()) == (code, len(run.lines("accepted")), run.lost())


def test_a_signal_after_a_close_in_another_thread_has_its_default_action(tmp_path: Path) -> None:
    """The handler cannot be taken back there; it passes on."""
    with ledger_agent(tmp_path, "closed-elsewhere") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())


@pytest.mark.parametrize(
    ("mode", "closed"), [("again", {"closed", "second closed"}), ("again-closed", {"second closed"})]
)
def test_the_second_that_is_installed_ends_the_process_for_both(tmp_path: Path, mode: str, closed: set[str]) -> None:
    """A first one that was closed, on a thread that cannot give back its handler, is not asked again."""
    with ledger_agent(tmp_path, mode) as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert -signal.SIGTERM == code
    assert closed == set(run.lines("events"))


def test_a_childs_sigterm_is_not_taken_for_the_parents(tmp_path: Path) -> None:
    """The descriptor a child inherits would be read by its parent."""
    with ledger_agent(tmp_path, "fork-terminate") as run:
        code, _ = run.end()

    assert (0, 25, set()) == (code, len(run.lines("accepted")), run.lost())
    assert ["closed", "child -15", "closed"] == run.lines("events")


def test_signals_that_end_nothing_keep_their_handlers(tmp_path: Path) -> None:
    """SIGCHLD, SIGPIPE, SIGUSR1 and all others have after `init` what they had before, but for those that end a process and SIGURG."""
    ended = run_agent(
        """
        import signal
        import otel_agent

        def handlers():
            return {number.name: signal.getsignal(number) for number in signal.Signals}

        before = handlers()
        telemetry = otel_agent.init("x", export="none", spool=False)
        print(sorted(name for name, handler in handlers().items() if handler is not before[name]))
        telemetry.shutdown()
        """,
        tmp_path,
    )
    changed = set(eval(ended.out))

    assert {"SIGTERM"} <= changed <= {"SIGTERM", "SIGINT", "SIGHUP", "SIGURG"}, ended.err
