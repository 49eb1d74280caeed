"""
A signal that finds the main thread where it may hold a lock: the handler steps aside, and still nothing is lost or late.

Each agent is a process of its own that sends itself SIGTERM in code that passes for that of `logging`, and says what it does.
"""

import subprocess
import sys
from pathlib import Path

import pytest

PREAMBLE = """
import hashlib, logging, os, signal, sys, threading, time
from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.lifecycle import Lifecycle
from otel_agent.lifecycle.signals import EndSignals

def inside(text):
    "Run text as if it stood in logging."
    exec(compile(text, logging.__file__, "exec"), {**globals(), "__name__": "logging"})

def say(text):
    os.write(1, (text + "\\n").encode())

TERMINATE = "os.kill(os.getpid(), signal.SIGTERM)\\n"
BUSY = TERMINATE + "end_s = time.monotonic() + 1\\nwhile time.monotonic() < end_s: sum(range(50))"
"""

CLOSED = """
signals = EndSignals(lambda _: say("ended"))
signals.install()
inside(TERMINATE + "signals.close()")
time.sleep(12)
say("alive")
"""

SUCCEEDED = """
EndSignals(lambda _: say("first")).install()
second = EndSignals(lambda _: say("second"))
inside(TERMINATE + "second.install()")
time.sleep(12)
say("alive")
"""

LATE = """
late = threading.Timer(6, say, ["late"])
late.daemon = True
late.start()
"""

DEEP_IN_C = """
EndSignals(lambda _: say("ended")).install()
inside(TERMINATE + "hashlib.pbkdf2_hmac('sha512', b'x', b'y', 60_000_000)")
say("alive")
"""

FORKING = """
signals, go = EndSignals(lambda _: say("ended")), threading.Event()
signals.install()

def fork():
    go.wait()
    signals.hold_for_fork()
    time.sleep(0.05)
    signals.go_on_after_fork()

threading.Thread(target=fork, daemon=True).start()
inside(TERMINATE + "go.set()")
time.sleep(12)
say("alive")
"""

TWICE = """
hurried = threading.Event()

def close(timeout_s):
    hurried.wait(timeout_s)
    say(f"saved within {timeout_s < 1}")

life = Lifecycle([Component("ledger", close=close, hurry=hurried.set, saves_data=True)], shutdown_timeout_s=6.0)
life.start()
EndSignals(life.close, hurry=life.hurry, deadline_s=6.0).install()
threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGTERM]).start()
inside(BUSY)
time.sleep(20)
"""

SLOW = """
def end(_):
    time.sleep(3.9)
    say("saved")

EndSignals(end).install()
inside(BUSY)
time.sleep(20)
"""


@pytest.mark.parametrize(
    ("agent", "says"),
    {
        "handlers given back meanwhile: the default action is due": (CLOSED, set()),
        "another takes over meanwhile: it ends for both": (SUCCEEDED, {"first", "second"}),
        "C code follows: it is not waited for": (LATE + DEEP_IN_C, {"ended"}),
        "another thread forks meanwhile: the main thread is woken": (LATE + FORKING, {"ended"}),
        "a second signal before the end has begun: it is hurried": (TWICE, {"saved within True"}),
        "a slow end: it has all of its time from when it begins": (SLOW, {"saved"}),
    }.values(),
    ids=["closed", "succeeded", "deep in C", "forking", "twice", "slow"],
)
def test_a_signal_that_was_put_off_still_ends_the_process(tmp_path: Path, agent: str, says: set[str]) -> None:
    """With what is to be done at the end done, and the signal as its status."""
    script = tmp_path / "agent.py"
    script.write_text(PREAMBLE + agent)
    ended = subprocess.run([sys.executable, str(script)], check=False, capture_output=True, text=True, timeout=60)

    assert (-15, says, "") == (ended.returncode, set(ended.stdout.splitlines()), ended.stderr)
