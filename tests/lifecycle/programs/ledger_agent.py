"""
A small agent that keeps a ledger, run by the tests in a process of its own: `python ledger_agent.py DIRECTORY MODE DEADLINE_S`.

What it accepts is written to `accepted` at once; what waits in its queue is written to `delivered` by a thread that is never in
a hurry, and by `close`. Whatever is in the first file and not in the second was lost.
"""

import asyncio
import concurrent.futures
import hashlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from pathlib import Path

from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.exit_hooks import ExitHooks
from otel_agent.lifecycle.lifecycle import Lifecycle
from otel_agent.lifecycle.signals import EndSignals

DEADLINE_S = float(sys.argv[3])


class Ledger:
    """Accepts, and delivers late."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.queue: deque[str] = deque()
        self.lock = threading.Lock()
        self.is_stuck = False
        self.is_hurried = threading.Event()
        self.count = 0

    def start(self) -> None:
        threading.Thread(target=self._deliver_later, daemon=True).start()

    def accept(self, count: int = 1) -> None:
        for _ in range(count):
            self.count += 1
            name = f"{os.getpid()}-{self.count}"
            self.queue.append(name)
            self.write("accepted", name)

    def write(self, file: str, text: str) -> None:
        with open(self.directory / file, "ab", buffering=0) as out:
            out.write(text.encode() + b"\n")

    def close(self, timeout_s: float) -> None:
        self.write("closing", "closing")
        if self.is_stuck:
            self.is_hurried.wait(timeout_s)
        if self.lock.acquire(timeout=max(0.0, timeout_s)):
            self.lock.release()
        while self.queue:
            self.write("delivered", self.queue.popleft())
        self.write("events", "closed")

    def flush(self, timeout_s: float) -> None:
        self.write("events", "notice")

    def hold_for_fork(self) -> None:
        self.lock.acquire()
        time.sleep(0.005)

    def go_on_after_fork(self) -> None:
        self.lock.release()

    def reinit_after_fork(self) -> None:
        self.queue.clear()
        self.lock = threading.Lock()
        self.count = 0
        self.start()

    def _deliver_later(self) -> None:
        while True:
            time.sleep(0.5)
            with self.lock:
                for _ in range(min(3, len(self.queue))):
                    self.write("delivered", self.queue.popleft())


signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin with it ignored
directory, mode = Path(sys.argv[1]), sys.argv[2]
ledger = Ledger(directory)
life = Lifecycle(
    [
        Component(
            "ledger",
            ledger.start,
            ledger.close,
            hurry=ledger.is_hurried.set,
            hold_for_fork=ledger.hold_for_fork,
            go_on_after_fork=ledger.go_on_after_fork,
            reinit_after_fork=ledger.reinit_after_fork,
        )
    ],
    shutdown_timeout_s=DEADLINE_S,
)
signals = EndSignals(life.close, on_notice=ledger.flush, hurry=life.hurry, deadline_s=DEADLINE_S)
exits = ExitHooks(life.close, hurry=life.hurry)


def init() -> str | None:
    """What the package does."""
    life.start()
    exits.install()
    return signals.install()


def ready() -> None:
    """Let the test go on."""
    print("ready", flush=True)


def work(count: int) -> int:
    """What a worker of a pool does."""
    ledger.accept(count)
    return count


def hold_what_starts_threads() -> None:
    """Be for half a second where `Thread.start` is for a millionth of one."""
    text = "with _active_limbo_lock:\n    os.write(1, b'ready\\n')\n    time.sleep(0.5)"
    exec(compile(text, threading.__file__, "exec"), {**vars(threading), "os": os, "time": time})


def stop_softly() -> None:
    """As gunicorn's and other servers' workers: the handler sets a flag, the request in flight is answered."""
    asked = threading.Event()

    def own_handler(number: int, frame: object) -> None:
        ledger.write("events", "own handler")
        asked.set()

    signal.signal(signal.SIGTERM, own_handler)
    init()
    ledger.accept(5)
    ready()
    asked.wait(20)
    for _ in range(4):
        ledger.accept()
        time.sleep(0.05)


def run_loop() -> None:
    """An event loop with a handler of its own for SIGTERM, and something that happens after it."""

    async def main() -> None:
        asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
        ledger.accept(5)
        ready()
        await asked.wait()
        await asyncio.sleep(0.1)
        ledger.accept(5)

    asyncio.run(main())
    if mode == "loop-and-more":
        until_s = time.monotonic() + 15
        while signal.getsignal(signal.SIGTERM) == signal.SIG_DFL and time.monotonic() < until_s:
            time.sleep(0.02)
        ledger.accept(5)
        ready()
        time.sleep(20)


def fork_and_exit() -> None:
    """Children made by hand."""
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            ledger.accept(50)
            sys.exit(0)
        os.waitpid(pid, 0)


def fork_and_terminate() -> None:
    """A child that is sent SIGTERM; its parent must not take it for its own."""
    pid = os.fork()
    if pid == 0:
        ledger.accept(20)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(20)
    _, status = os.waitpid(pid, 0)
    ledger.write("events", f"child {os.waitstatus_to_exitcode(status)}")
    time.sleep(0.3)
    ledger.accept(5)


def run_pools(method: str) -> None:
    """Every kind of child multiprocessing makes."""
    multiprocessing.set_start_method(method)
    children = [multiprocessing.Process(target=work, args=(25,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    with concurrent.futures.ProcessPoolExecutor(2) as executor:
        assert [10, 10, 10] == list(executor.map(work, [10, 10, 10]))
    pool = multiprocessing.Pool(2)
    assert [10, 10, 10] == pool.map(work, [10, 10, 10])
    pool.terminate()
    pool.join()
    if exits_codes := [child.exitcode for child in children if child.exitcode]:
        raise SystemExit(f"children ended with {exits_codes}")


def main() -> None:
    """Do what the mode says."""
    if mode == "softly":
        return stop_softly()
    if mode == "ignoring":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if mode == "thread":
        problems: list[str | None] = []
        thread = threading.Thread(target=lambda: problems.append(init()))
        thread.start()
        thread.join()
        ledger.write("events", str(problems[0]))
    else:
        init()
    if mode.startswith("loop"):
        return run_loop()
    if mode == "fork":
        return fork_and_exit()
    if mode == "fork-terminate":
        return fork_and_terminate()
    if mode.startswith("pools-"):
        return run_pools(mode.removeprefix("pools-"))
    ledger.accept(100)
    if mode == "late":
        import atexit

        atexit.register(ledger.accept, 50)
    if mode == "load":
        ready()
        while True:
            ledger.accept()
    if mode == "forks":
        ready()
        while True:
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitpid(pid, 0)
            ledger.accept()
    if mode == "locked":
        with ledger.lock:
            ready()
            time.sleep(20)
    if mode == "starting":
        hold_what_starts_threads()
        time.sleep(20)
    if mode == "c":
        threading.Timer(0.2, ready).start()
        hashlib.pbkdf2_hmac("sha512", b"x", b"y", 40_000_000)
    if mode in {"sleep", "stuck", "ignoring"}:
        ledger.is_stuck = mode == "stuck"
        if mode == "ignoring":
            signal.raise_signal(signal.SIGTERM)
        ready()
        time.sleep(20)
    if mode == "stuck-end":
        ledger.is_stuck = True
        ready()
    if mode == "closed-elsewhere":
        for close in (life.close, signals.close):
            closing = threading.Thread(target=close)
            closing.start()
            closing.join()
        ready()
        time.sleep(20)
    if mode.startswith("again"):
        if mode == "again-closed":
            closing = threading.Thread(target=signals.close)
            closing.start()
            closing.join()
        own = Lifecycle([Component("second", close=lambda timeout_s: ledger.write("events", "second closed"))])
        own.start()
        renewed = EndSignals(own.close, deadline_s=DEADLINE_S)
        renewed.install()
        assert renewed == getattr(signal.getsignal(signal.SIGURG), "__self__", None)
        ready()
        time.sleep(20)
    if mode == "closed":
        life.close()
        signals.close()
        assert signal.SIG_DFL == signal.getsignal(signal.SIGTERM)
        assert signal.SIG_DFL == signal.getsignal(signal.SIGURG)
        assert -1 == signal.set_wakeup_fd(-1)
    if mode == "raise":
        raise ValueError("the agent's own mistake")
    if mode == "status":
        sys.exit(3)
    return None


if __name__ == "__main__" or mode.startswith(("pools-spawn", "pools-forkserver")):
    if __name__ == "__main__":
        main()
    else:
        init()
