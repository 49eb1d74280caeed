"""Whole agents and signals (rows 3 to 6): whoever handles SIGTERM, in whatever the agent is just doing, nothing is lost."""

import signal
from pathlib import Path

from faulted import trial

SERVER = """
asked = threading.Event()
signal.signal(signal.SIGTERM, lambda number, frame: asked.set())
init()
record(100)
answered = 0

def answer(number):
    global answered
    with otel_agent.span(f"request {number}"):
        asked.wait(30)
        time.sleep(0.3)
        work(number)
    answered += 1

requests = [threading.Thread(target=answer, args=(number,)) for number in range(2)]
for request in requests: request.start()
line("done")
for request in requests: request.join()
say(answered=answered)
"""

LOOP = """
init()
record(50)

async def main():
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    line("loop")
    await asked.wait()
    record(50)

asyncio.run(main())
say(armed=until(lambda: signal.getsignal(signal.SIGTERM) != signal.SIG_DFL, 20))
record(50)
line("done")
time.sleep(60)
"""


def test_row_5_a_handler_of_the_agents_own_decides(tmp_path: Path) -> None:
    """As under gunicorn: both requests in flight are answered and their spans arrive; the status is the agent's."""
    with trial(tmp_path) as faulted:
        with faulted.begin(SERVER) as agent:
            agent.wait_for_line("done")
            agent.send(signal.SIGTERM)
            ended = agent.end()

        assert 0 == ended.status, ended.err
        assert '"answered": 2' in ended.out
        assert (104, 0) == (faulted.spans, faulted.duplicates)
        assert {"request 0", "request 1"} <= {span[2] for span in faulted.server.spans}
        assert not any(b"otel_agent.interrupted" in request.body for request in faulted.server.requests_of("traces"))


def test_a_handler_of_the_agents_own_runs_although_another_thread_got_the_signal(tmp_path: Path) -> None:
    """Python runs it in the main thread, which sleeps on; it is woken within a second or two."""
    code = """
    init()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(5))
    record(10)

    def receive():
        time.sleep(0.5)
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    threading.Thread(target=receive).start()
    line("done")
    time.sleep(50)
    """
    with trial(tmp_path) as faulted:
        run = faulted.run(code, until="done")

        assert 5 == run.status, run
        assert run.took_s < 20
        assert 10 == faulted.spans


def test_row_6_an_event_loop_that_takes_the_handler(tmp_path: Path) -> None:
    """`loop.add_signal_handler` after `init` works as it would; what the loop leaves behind is armed again, and loses nothing."""
    with trial(tmp_path) as faulted:
        with faulted.begin(LOOP) as agent:
            agent.wait_for_line("loop")
            agent.send(signal.SIGTERM)
            agent.wait_for_line("done")
            agent.send(signal.SIGTERM)
            ended = agent.end()

        assert -signal.SIGTERM == ended.status, ended.err
        assert '"armed": true' in ended.out
        assert (150, 0) == (faulted.spans, faulted.duplicates)


def test_row_3_a_signal_in_the_middle_of_a_flush(tmp_path: Path) -> None:
    """A flush that waits for a receiver does not keep the process: it ends at its deadline, with everything on the disk."""
    code = "init(shutdown_timeout_s=1); record(500); line('done'); flush(60)"
    with trial(tmp_path, mode="hang") as faulted:
        with faulted.begin(code) as agent:
            agent.wait_for_line("done")
            assert faulted.server.wait_for(lambda server: bool(server.requests))
            agent.send(signal.SIGTERM)
            ended = agent.end()
        faulted.heal()

        assert -signal.SIGTERM == ended.status, ended.err
        assert ended.took_s < 1 + 5
        assert (500, 0) == (faulted.spans, faulted.duplicates)
        assert len(ended.err.splitlines()) <= 3, ended.err


def test_row_4_a_signal_while_the_agent_computes(tmp_path: Path) -> None:
    """An agent deep in C code runs no handler for a minute; its telemetry is safe and it has ended long before."""
    code = """
    import hashlib
    init()
    record(500)
    threading.Timer(0.2, lambda: line("done")).start()
    hashlib.pbkdf2_hmac("sha512", b"x", b"y", 200_000_000)
    """
    with trial(tmp_path) as faulted:
        with faulted.begin(code) as agent:
            agent.wait_for_line("done")
            agent.send(signal.SIGTERM)
            ended = agent.end()

        assert -signal.SIGTERM == ended.status, ended.err
        assert ended.took_s < 15
        assert (500, 0) == (faulted.spans, faulted.duplicates)
