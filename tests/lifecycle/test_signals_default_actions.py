"""Default actions that somebody restores, in real programs: what was recorded by then is not lost, and `signal.signal` is what it was."""

import signal
from pathlib import Path

import pytest
from agent_process import Agent, run_agent
from otlp_server import OtlpServer

HANDLER = """
def bye(number, frame):
    with otel_agent.span("goodbye"):
        pass
    signal.signal(number, signal.SIG_DFL)
    END
    print("not reached")
"""
INIT = "telemetry = otel_agent.init('t', instrument=False, trace_modules=False)\n"
SET = "signal.signal(signal.SIGTERM, bye)\n"
WAIT = "print('done', flush=True)\nwhile True: time.sleep(0.05)\n"


@pytest.mark.parametrize(
    ("order", "end"),
    [((SET, INIT), "signal.raise_signal(number)"), ((INIT, SET), "os.kill(os.getpid(), number)")],
    ids=["set-before-init", "set-after-init"],
)
def test_a_handler_that_raises_its_signal_again_loses_nothing(tmp_path: Path, order: tuple[str, str], end: str) -> None:
    """Not even what it recorded itself, which the next process delivers; it ends by the signal, as it would without us."""
    code = "import os, signal, time, otel_agent\n" + HANDLER.replace("END", end) + "".join(order) + WAIT
    with OtlpServer() as server:
        with Agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint) as agent:
            agent.wait_for_line("done")
            agent.send(signal.SIGTERM)
            ended = agent.end()
        run_agent(
            "import otel_agent\n" + INIT + "telemetry.flush(30)", tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint
        )

        assert (-signal.SIGTERM, "done\n", "") == (ended.status, ended.out, ended.err)
        assert ["goodbye"] == [name for _, _, name in server.spans]


SAME = """
import inspect, signal
def tried(*arguments, **keywords):
    try:
        return signal.signal(*arguments, **keywords)
    except Exception as error:
        return repr(error)
def handler(number, frame):
    pass
def everything():
    return [
        tried(signal.SIGUSR1, handler), tried(signal.SIGUSR1, signal.SIG_DFL), tried(signal.SIGUSR1, signal.SIG_IGN),
        tried(signal.SIGUSR1, 0), signal.getsignal(signal.SIGUSR1), tried(), tried(signal.SIGUSR1), tried("x", 0),
        tried(signal.SIGUSR1, "x"), tried(signalnum=signal.SIGUSR1), tried(signal.SIGKILL, signal.SIG_DFL), tried(0, 0),
        inspect.signature(signal.signal), signal.signal.__name__, signal.signal.__module__, signal.signal.__doc__,
    ]
function, before = signal.signal, everything()
import otel_agent
telemetry = otel_agent.init("t", instrument=False, trace_modules=False)
assert before == everything(), (before, everything())
assert function is not signal.signal
telemetry.shutdown()
assert function is signal.signal
assert signal.SIG_DFL == signal.getsignal(signal.SIGTERM)
print("done")
"""


def test_setting_handlers_is_what_it_was(tmp_path: Path) -> None:
    """It answers and raises what it does without us, and is itself again after the end."""
    ended = run_agent(SAME, tmp_path)

    assert (0, "done\n", "") == (ended.status, ended.out, ended.err)
