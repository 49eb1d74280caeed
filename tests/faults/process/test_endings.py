"""However the agent ends, what it has recorded arrives: now, or with the next process of its service."""

import signal
from pathlib import Path

import pytest
from agent_process import Agent, Ended, run_agent
from otlp_server import OtlpServer

SPANS, RECORDS = 1000, 20

BEGIN = f"""
import logging, multiprocessing, os, signal, sys, time
from concurrent.futures import ProcessPoolExecutor
import otel_agent

SPANS, RECORDS = {SPANS}, {RECORDS}
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test may itself run with SIGINT ignored

@otel_agent.traced
def work(number):
    return number

def record(spans=SPANS):
    with otel_agent.span("root"):
        for number in range(spans - 1):
            work(number)

def begin():
    telemetry = otel_agent.init("trader", instrument=False, trace_modules=False)
    record()
    for number in range(RECORDS):
        logging.getLogger("trader").warning("record %d", number)
    return telemetry
"""

WAYS = {
    "return": ("", 0),
    "sys.exit(3)": ("sys.exit(3)", 3),
    "exception": ("raise ValueError('the agent failed')", 1),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)", -signal.SIGTERM),
    "SIGINT": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(30)", -signal.SIGINT),
    "SIGHUP": ("os.kill(os.getpid(), signal.SIGHUP); time.sleep(30)", -signal.SIGHUP),
    "a thread that ends the process": (
        "import threading; threading.Thread(target=lambda: os.kill(os.getpid(), signal.SIGTERM)).start(); time.sleep(30)",
        -signal.SIGTERM,
    ),
    "an event loop that is running": (
        "import asyncio; asyncio.get_event_loop_policy().new_event_loop().run_until_complete(__import__('asyncio').sleep(0))",
        0,
    ),
}


def names(server: OtlpServer) -> tuple[int, int, int]:
    """Spans, spans stored twice, and log records that arrived, but for those that tell of the machine's own health."""
    records = [body for body in server.logs if body.startswith("record ")]
    return len({span[:2] for span in server.spans}), server.duplicates, len(records)


def next_process(home: Path, server: OtlpServer) -> Ended:
    """The next process of the same service, which delivers what the one before has left on the disk."""
    return run_agent(
        "import otel_agent\nprint(otel_agent.init('trader', instrument=False, trace_modules=False).flush(20))",
        home,
        OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint,
    )


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_lost_and_the_status_is_kept(way: str, tmp_path: Path) -> None:
    """Return, exception, exit and signals: everything arrives at once, and the parent process sees what it would have seen."""
    code, status = WAYS[way]
    with OtlpServer() as server:
        ended = run_agent(f"{BEGIN}\nbegin()\n{code}", tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

        assert status == ended.status, ended.err
        assert (SPANS, 0, RECORDS) == names(server)


@pytest.mark.parametrize(
    ("mode", "way"),
    [
        pytest.param(mode, way, marks=[] if way == "return" or mode in {"refused", "hang"} else pytest.mark.slow)
        for mode in ("refused", "hang", "503", "html", "redirect:307:")
        for way in ("return", "SIGTERM", "exception")
    ],
)
def test_a_receiver_that_takes_nothing_costs_two_seconds_and_no_data(way: str, mode: str, tmp_path: Path) -> None:
    """The end is on time, and the next process of the service delivers all of it, once."""
    code, status = WAYS[way]
    with OtlpServer(mode=mode if mode != "refused" else "ok") as server:
        if mode == "refused":
            server.stop()
        ended = run_agent(
            f"{BEGIN}\nbegin()\nprint('done', flush=True)\n{code}",
            tmp_path,
            until="done",
            OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint,
        )
        if mode == "refused":
            server.start()
        server.mode = "ok"
        later = next_process(tmp_path, server)

        assert status == ended.status, ended.err
        assert ended.took_s < 2.3 + 1.0  # the noise of a busy machine; the promise is measured by benchmarks/endings.py
        assert (SPANS, 0, RECORDS) == names(server), f"{ended}\n{later}"
        assert "system.memory.usage" in server.metrics


CHILDREN = {
    "Process": """
        children = [context.Process(target=record, args=(50,)) for _ in range(4)]
        for child in children: child.start()
        for child in children: child.join()
        """,
    "Pool": """
        with context.Pool(2) as pool: pool.map(record, [50] * 4)
        """,
    "ProcessPoolExecutor": """
        with ProcessPoolExecutor(2, mp_context=context) as pool: list(pool.map(record, [50] * 4))
        """,
}


@pytest.mark.parametrize("kind", CHILDREN)
def test_forked_workers_lose_nothing(kind: str, tmp_path: Path) -> None:
    """Children of multiprocessing leave by `os._exit`, and a pool ends them by SIGTERM: their spans arrive all the same."""
    body = "\n".join(line.strip() for line in CHILDREN[kind].strip().splitlines())
    code = f"{BEGIN}\nbegin()\ncontext = multiprocessing.get_context('fork')\n{body}"
    with OtlpServer() as server:
        ended = run_agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

        assert 0 == ended.status, ended.err
        assert (SPANS + 200, 0, RECORDS) == names(server)


@pytest.mark.parametrize(
    "end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)", "os.execv('/bin/true', ['true'])"]
)
def test_the_journal_survives_what_gives_no_warning(end: str, tmp_path: Path) -> None:
    """With `spool: {level: journal}` every span that has ended is on the disk before the next line of the agent runs."""
    with OtlpServer(mode="503") as server:
        run_agent(
            f"{BEGIN}\nbegin()\n{end}",
            tmp_path,
            OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint,
            OTEL_AGENT_SPOOL__LEVEL="journal",
        )
        server.mode = "ok"
        later = next_process(tmp_path, server)

        assert (SPANS, 0, RECORDS) == names(server), f"{later}"


def test_a_second_signal_ends_at_once_and_saves_what_there_is(tmp_path: Path) -> None:
    """An impatient operator waits half a second, and the next process delivers everything."""
    with OtlpServer(mode="hang") as server:
        with Agent(
            f"{BEGIN}\nbegin()\nprint('done', flush=True)\ntime.sleep(60)",
            tmp_path,
            OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint,
            OTEL_AGENT_LIFECYCLE__SHUTDOWN_TIMEOUT_S="20",
        ) as agent:
            agent.wait_for_line("done")
            agent.send(signal.SIGTERM)
            server.wait_for(lambda _: bool(server.requests))
            agent.send(signal.SIGTERM)
            ended = agent.end()
        server.mode = "ok"
        later = next_process(tmp_path, server)

        assert -signal.SIGTERM == ended.status
        assert ended.took_s < 5
        assert (SPANS, 0, RECORDS) == names(server), f"{ended}\n{later}"


def test_spans_that_are_still_open_are_sent_marked(tmp_path: Path) -> None:
    """A step that was running when the agent was stopped is seen, and seen to have been interrupted."""
    code = f"{BEGIN}\nbegin()\nblock = otel_agent.span('half done')\nblock.__enter__()\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(30)"
    with OtlpServer() as server:
        run_agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

        assert "half done" in {name for _, _, name in server.spans}
        assert any(b"otel_agent.interrupted" in request.body for request in server.requests_of("traces"))
