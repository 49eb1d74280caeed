"""Workers of job queues with a real Redis: what their children do arrives, however these leave."""

import subprocess
import sys
from pathlib import Path

import pytest
from agent_process import environment
from otlp_server import OtlpServer
from real_programs import started
from real_servers import Redis

pytestmark = pytest.mark.e2e


JOBS = """
import otel_agent

@otel_agent.traced("the job")
def job(number):
    if number == 2:
        raise ValueError("job 2 fails")
    return number
"""

RQ_WORKER = """
import os, sys
sys.path.insert(0, os.getcwd())
import otel_agent
telemetry = otel_agent.init("q", instrument=False, trace_modules=False)
import redis, rq, jobs
server = redis.Redis.from_url(os.environ["REDIS_URL"])
queue = rq.Queue("handout", connection=server)
for number in range(4):
    queue.enqueue(jobs.job, number)
assert rq.worker.base.os is os
rq.Worker([queue], connection=server).work(burst=True, logging_level="CRITICAL")
assert rq.worker.base.os is os
print("failed", len(queue.failed_job_registry), "finished", len(queue.finished_job_registry))
"""

CELERY_APP = """
import os, celery, jobs
app = celery.Celery("q", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.update(worker_hijack_root_logger=False, broker_connection_retry_on_startup=True)
import otel_agent
telemetry = otel_agent.init("q", instrument=False, trace_modules=False)

@app.task
def run(number):
    return jobs.job(number)
"""

CELERY_CLIENT = """
import celery_app
results = [celery_app.run.delay(number) for number in (0, 1, 3)]
print(sorted(result.get(timeout=60) for result in results))
"""


def run(home: Path, server: OtlpServer, redis: Redis, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program to its end."""
    variables = environment(home, REDIS_URL=redis.url, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)
    variables["PYTHONPATH"] += f":{home}"
    return subprocess.run(
        [sys.executable, *command], cwd=home, env=variables, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.mark.needs("rq", "redis")
def test_work_horses_of_rq_lose_nothing(tmp_path: Path) -> None:
    """Each job's span arrives at the default level of the spool, that of a job that fails, too; the worker itself is left as it was."""
    (tmp_path / "jobs.py").write_text(JOBS)
    redis = Redis(tmp_path / "redis")
    with OtlpServer() as server, started(redis):
        done = run(tmp_path, server, redis, "-c", RQ_WORKER)

        assert (0, "failed 1 finished 3\n") == (done.returncode, done.stdout), done.stderr
        assert ["the job"] * 4 == [name for _, _, name in server.spans]
        assert "has ended with telemetry" not in done.stderr


@pytest.mark.needs("celery", "redis")
def test_children_of_celery_lose_nothing(tmp_path: Path) -> None:
    """Those that have done their share of tasks and leave for it, too."""
    (tmp_path / "jobs.py").write_text(JOBS)
    (tmp_path / "celery_app.py").write_text(CELERY_APP)
    redis = Redis(tmp_path / "redis")
    with OtlpServer() as server, started(redis):
        variables = environment(tmp_path, REDIS_URL=redis.url, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)
        variables["PYTHONPATH"] += f":{tmp_path}"
        options = ["-A", "celery_app", "worker", "--concurrency=2", "--max-tasks-per-child=1", "--loglevel=ERROR"]
        with (tmp_path / "worker.log").open("w") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "celery", *options], cwd=tmp_path, env=variables, stdout=log, stderr=log
            )
        try:
            done = run(tmp_path, server, redis, "-c", CELERY_CLIENT)
        finally:
            worker.terminate()
            worker.wait(60)

        assert (0, "[0, 1, 3]\n") == (done.returncode, done.stdout), (
            done.stderr,
            (tmp_path / "worker.log").read_text(),
        )
        assert server.wait_for(lambda server: len(server.spans) >= 3)
        assert ["the job"] * 3 == [name for _, _, name in server.spans]
