"""Every ending of a process: nothing lost, the status kept, the deadline held. Real processes, real signals."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

AGENT = Path(__file__).with_name("agent.py")
DEADLINE_S = 2.0
MARGIN_S = 5.0
"""What a noisy machine may add; a process that misses its deadline sleeps for 20 s."""
LONG_S = 12.0
"""A deadline that is not waited for: whoever ends long before it did not."""


@dataclass
class Run:
    """A process of `agent.py` and what it left behind."""

    process: subprocess.Popen[str]
    directory: Path

    def ready(self) -> None:
        """Wait until the agent says so."""
        assert self.process.stdout is not None
        assert "ready" == self.process.stdout.readline().strip()

    def send(self, *numbers: int, pause_s: float = 0.15) -> None:
        """Send signals, one after the other."""
        for index, number in enumerate(numbers):
            time.sleep(pause_s if index else 0)
            self.process.send_signal(number)

    def end(self) -> tuple[int, float]:
        """Wait for the end; its status and how long that took from now, in seconds."""
        began_s = time.monotonic()
        _, self.errors = self.process.communicate(timeout=60)
        return self.process.returncode, time.monotonic() - began_s

    def lines(self, file: str) -> list[str]:
        """What was written to a file, as far as lines are whole."""
        path = self.directory / file
        return path.read_text().splitlines() if path.exists() else []

    def lost(self) -> set[str]:
        """What was accepted and not delivered."""
        return set(self.lines("accepted")) - set(self.lines("delivered"))


@contextmanager
def agent(directory: Path, mode: str, deadline_s: float = DEADLINE_S) -> Iterator[Run]:
    """Run the agent, and leave no process behind."""
    process = subprocess.Popen(
        [sys.executable, str(AGENT), str(directory), mode, str(deadline_s)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(AGENT.parents[2])},
    )
    try:
        yield Run(process, directory)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("mode", "status", "says"),
    [("return", 0, ""), ("raise", 1, "ValueError: the agent's own mistake"), ("status", 3, ""), ("closed", 0, "")],
)
def test_a_program_that_ends_by_itself_loses_nothing(tmp_path: Path, mode: str, status: int, says: str) -> None:
    """Return, exception and `sys.exit` keep their status and their last words."""
    with agent(tmp_path, mode) as run:
        code, _ = run.end()

    assert (status, set()) == (code, run.lost())
    assert 100 == len(run.lines("accepted"))
    assert says in run.errors
    assert says or run.errors == ""


def test_what_exit_functions_of_the_agent_do_is_kept(tmp_path: Path) -> None:
    """Those registered after init run before the end."""
    with agent(tmp_path, "late") as run:
        code, _ = run.end()

    assert (0, 150, set()) == (code, len(run.lines("accepted")), run.lost())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_an_idle_agent_as_it_always_did_and_nothing_is_lost(tmp_path: Path, number: int) -> None:
    """The status says which signal it was."""
    with agent(tmp_path, "sleep") as run:
        run.ready()
        run.send(number)
        code, took_s = run.end()

    assert (-number, set()) == (code, run.lost())
    assert 100 == len(run.lines("accepted"))
    assert took_s < DEADLINE_S + MARGIN_S
    assert "" == run.errors


def test_sigint_stays_a_keyboard_interrupt(tmp_path: Path) -> None:
    """Python's own way out is left alone."""
    with agent(tmp_path, "sleep") as run:
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
        with agent(directory, "load") as run:
            run.ready()
            time.sleep(0.01 * (turn % 10))
            run.send(signal.SIGTERM)
            code, took_s = run.end()

        assert (-signal.SIGTERM, set()) == (code, run.lost())
        assert took_s < DEADLINE_S + MARGIN_S


def test_sigterm_in_the_middle_of_starting_a_thread_loses_nothing(tmp_path: Path) -> None:
    """The main thread holds what every other thread needs to start, and must go on to give it back."""
    with agent(tmp_path, "starting") as run:
        run.ready()
        time.sleep(0.1)
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
        with agent(directory, "forks", LONG_S) as run:
            run.ready()
            time.sleep(0.011 * turn)
            run.send(signal.SIGTERM)
            code, took_s = run.end()

        assert (-signal.SIGTERM, set()) == (code, run.lost())
        assert took_s < LONG_S / 2


def test_sigterm_while_the_main_thread_holds_a_lock_ends_at_the_deadline(tmp_path: Path) -> None:
    """Closing waits for a lock that never comes; the process does not."""
    with agent(tmp_path, "locked") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, took_s = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())
    assert took_s < DEADLINE_S + MARGIN_S


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_saves_what_can_be_saved_and_ends_at_once(tmp_path: Path, second: int) -> None:
    """Nobody waits for the deadline twice, and still nothing is lost."""
    with agent(tmp_path, "stuck", LONG_S) as run:
        run.ready()
        run.send(signal.SIGTERM, second)
        code, took_s = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())
    assert took_s < LONG_S / 2


def test_an_impatient_interrupt_at_the_end_ends_at_once(tmp_path: Path) -> None:
    """Ctrl-C while a program that has returned still delivers."""
    with agent(tmp_path, "stuck-end", LONG_S) as run:
        run.ready()
        time.sleep(0.3)
        run.send(signal.SIGINT)
        code, took_s = run.end()

    assert (0, set()) == (code, run.lost())
    assert took_s < LONG_S / 2


def test_sigterm_while_a_program_that_has_returned_still_delivers(tmp_path: Path) -> None:
    """It ends by the signal, at the deadline that already runs."""
    with agent(tmp_path, "stuck-end") as run:
        run.ready()
        time.sleep(0.3)
        run.send(signal.SIGTERM)
        code, took_s = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())
    assert took_s < DEADLINE_S + MARGIN_S


def test_signals_are_left_alone_in_a_subinterpreter(tmp_path: Path) -> None:
    """They belong to the main one; a sentence says so."""
    code = f"""if True:
        import sys
        sys.path.insert(0, {str(AGENT.parents[2])!r})
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
    with agent(tmp_path, "c") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, took_s = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())
    assert took_s < DEADLINE_S + MARGIN_S


def test_the_agents_own_handler_decides_when_it_ends(tmp_path: Path) -> None:
    """As under gunicorn: called once, requests in flight are finished, and what they told is kept."""
    with agent(tmp_path, "softly") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert (0, 9, set()) == (code, len(run.lines("accepted")), run.lost())
    assert ["closed", "notice", "own handler"] == sorted(run.lines("events"))


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    """`nohup` and its like mean what they say."""
    with agent(tmp_path, "ignoring") as run:
        run.ready()
        run.send(signal.SIGTERM)
        time.sleep(0.3)

        assert run.process.poll() is None

        run.send(signal.SIGINT)
        code, _ = run.end()

    assert (-signal.SIGINT, set()) == (code, run.lost())


def test_an_event_loops_own_handler_is_left_to_it(tmp_path: Path) -> None:
    """`loop.add_signal_handler` after init: the agent stops as it wanted to."""
    with agent(tmp_path, "loop") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert (0, 10, set()) == (code, len(run.lines("accepted")), run.lost())


def test_an_event_loop_that_leaves_the_default_action_behind_is_noticed(tmp_path: Path) -> None:
    """After the loop has ended, SIGTERM is ours again."""
    with agent(tmp_path, "loop-and-more") as run:
        run.ready()
        run.send(signal.SIGTERM)
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert (-signal.SIGTERM, 15, set()) == (code, len(run.lines("accepted")), run.lost())


def test_init_outside_the_main_thread_says_so_and_still_covers_the_exit(tmp_path: Path) -> None:
    """Only the main thread may install handlers."""
    with agent(tmp_path, "thread") as run:
        code, _ = run.end()

    assert (0, set()) == (code, run.lost())
    assert "main thread" in run.lines("events")[0]


def test_a_signal_after_a_close_in_another_thread_has_its_default_action(tmp_path: Path) -> None:
    """The handler cannot be taken back there; it passes on."""
    with agent(tmp_path, "closed-elsewhere") as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert (-signal.SIGTERM, set()) == (code, run.lost())


@pytest.mark.parametrize(
    ("mode", "closed"), [("again", {"closed", "second closed"}), ("again-closed", {"second closed"})]
)
def test_the_second_that_is_installed_ends_the_process_for_both(tmp_path: Path, mode: str, closed: set[str]) -> None:
    """A first one that was closed, on a thread that cannot give back its handler, is not asked again."""
    with agent(tmp_path, mode) as run:
        run.ready()
        run.send(signal.SIGTERM)
        code, _ = run.end()

    assert -signal.SIGTERM == code
    assert closed == set(run.lines("events"))


def test_forked_children_deliver_what_is_theirs(tmp_path: Path) -> None:
    """`os.fork` and `sys.exit`: each child's own, once."""
    with agent(tmp_path, "fork") as run:
        code, _ = run.end()

    assert (0, 150, set()) == (code, len(run.lines("accepted")), run.lost())
    assert len(run.lines("delivered")) == len(set(run.lines("delivered")))


def test_a_childs_sigterm_is_not_taken_for_the_parents(tmp_path: Path) -> None:
    """The descriptor a child inherits would be read by its parent."""
    with agent(tmp_path, "fork-terminate") as run:
        code, _ = run.end()

    assert (0, 25, set()) == (code, len(run.lines("accepted")), run.lost())
    assert ["closed", "child -15", "closed"] == run.lines("events")


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_children_of_multiprocessing_lose_nothing(tmp_path: Path, method: str) -> None:
    """Process, ProcessPoolExecutor, and a Pool that is terminated: all of 110 arrive, once each."""
    with agent(tmp_path, f"pools-{method}") as run:
        code, _ = run.end()

    assert (0, "") == (code, re.sub(r"(?m)^.*resource_tracker.*$", "", run.errors).strip())
    assert (110, set()) == (len(run.lines("accepted")), run.lost())
    assert len(run.lines("delivered")) == len(set(run.lines("delivered")))
