"""The wake-up descriptor, in real programs."""

from pathlib import Path

from agent_process import run_agent

BUSY = """
import json, os, signal, subprocess, sys
import otel_agent
telemetry = otel_agent.init("busy", export="none", instrument=False, trace_modules=False)
heard = []
signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
# From another process: a thread of this one would hold the main thread still while it sends.
send = "import os, time\\nfor _ in range(3000): os.kill(%d, 15); time.sleep(0.0002)" % os.getpid()
sender = subprocess.Popen([sys.executable, "-c", send])
while sender.poll() is None:
    for number in range(100):
        json.dumps({"a": number, "b": [1, 2]})
        sorted((each for each in range(5)), key=lambda value: -value)
print(len(heard) > 100)
"""


def test_signals_do_no_harm_to_a_main_thread_that_calls_functions_all_the_time(tmp_path: Path) -> None:
    """Whoever reads its frames in a signal handler, as `faulthandler` does, crashes after some hundred signals."""
    ended = run_agent(BUSY, tmp_path)

    assert (0, "True\n", "") == (ended.status, ended.out, ended.err)


GUESTS = """
import asyncio, os, signal
import otel_agent
telemetry = otel_agent.init("guest", export="none", instrument=False, trace_modules=False)

async def main():
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, told.set)
    os.kill(os.getpid(), signal.SIGUSR2)
    await asyncio.wait_for(told.wait(), 30)
    asyncio.get_running_loop().remove_signal_handler(signal.SIGUSR2)

asyncio.run(main())
asyncio.run(main())
print(signal.set_wakeup_fd(-1))
telemetry.shutdown()
print(signal.set_wakeup_fd(-1), signal.set_wakeup_fd is before)
"""


def test_event_loops_have_it_while_they_run(tmp_path: Path) -> None:
    """One after the other; nobody finds a number of ours, and after the end the function is the interpreter's own."""
    ended = run_agent("import signal\nbefore = signal.set_wakeup_fd\n" + GUESTS, tmp_path)

    assert (0, "-1\n-1 True\n", "") == (ended.status, ended.out, ended.err)
