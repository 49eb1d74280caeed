"""Jobs of `multiprocessing.pool.ThreadPool` have the context of their submitter."""

import subprocess
import sys
from collections.abc import Callable
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest
from opentelemetry import context as context_api

import otel_agent
from otel_agent.instruments import thread_pools
from otel_agent.testing import recorded

WAYS: dict[str, Callable[[ThreadPool, Callable[..., Any]], list[Any]]] = {
    "apply": lambda pool, job: [pool.apply(job, (1,))],
    "apply_async": lambda pool, job: [pool.apply_async(func=job, args=(1,)).get()],
    "map": lambda pool, job: pool.map(job, [1]),
    "map_async": lambda pool, job: pool.map_async(job, [1]).get(),
    "starmap": lambda pool, job: pool.starmap(job, [(1,)]),
    "starmap_async": lambda pool, job: pool.starmap_async(job, [(1,)]).get(),
    "imap": lambda pool, job: list(pool.imap(job, [1])),
    "imap_unordered": lambda pool, job: list(pool.imap_unordered(job, [1])),
}


def mark(_: int) -> Any:
    """The mark of the current context."""
    return context_api.get_value("mark")


@pytest.mark.parametrize("way", WAYS)
def test_a_job_has_the_context_of_its_submitter(way: str) -> None:
    """And none without one, whoever made the pool."""
    installed = thread_pools.install()
    token = context_api.attach(context_api.set_value("mark", "here"))
    pool = ThreadPool(1)
    try:
        found = WAYS[way](pool, mark)
        context_api.detach(token)
        assert ([None], ["here"]) == (WAYS[way](pool, mark), found)
    finally:
        installed.close()
        pool.terminate()
        pool.join()


def test_a_pool_that_a_request_made_serves_the_next(caplog: pytest.LogCaptureFixture) -> None:
    """Its jobs are below whoever asks for them, also while the first request goes on."""

    @otel_agent.traced
    def job(value: int) -> int:
        return value

    with recorded() as telemetry:
        with otel_agent.span("request 1"):
            pool = ThreadPool(1)
            pool.apply(job, (1,))
            with otel_agent.span("request 2"):
                pool.map(job, [2])
        pool.apply(job, (3,))
        pool.terminate()
        pool.join()
    names = {span["number"]: span["name"] for span in telemetry.spans}

    assert ["request 1", "request 2", None] == [
        names.get(span["parent"]) for span in telemetry.spans if span["name"].endswith("job")
    ]


def test_everything_is_put_back() -> None:
    """A pool that is there before and after goes on; missing and wrong arguments fail as before."""
    before = {name: getattr(ThreadPool, name) for name in thread_pools.METHODS}
    pool = ThreadPool(1)
    installed = thread_pools.install()
    method = ThreadPool.map
    with pytest.raises(TypeError, match="func"):
        pool.map()  # type: ignore[call-arg] # the mistake that is tested
    installed.close()
    installed.close()

    assert before == {name: getattr(ThreadPool, name) for name in thread_pools.METHODS}
    assert [None] == method(pool, mark, [1])
    pool.terminate()
    pool.join()


def test_the_module_is_not_imported_for_us() -> None:
    """An agent without pools has none; one that is imported later is seen."""
    program = (
        "import sys, otel_agent\n"
        "telemetry = otel_agent.init('x', export='none', spool=False)\n"
        "print('multiprocessing.pool' in sys.modules)\n"
        "from multiprocessing.pool import ThreadPool\n"
        "print('map' in vars(ThreadPool))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert ["False", "True"] == done.stdout.split()
