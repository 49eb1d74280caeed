"""
Processes that emit, a receiver and a clock that go wrong at random, and an account that must balance at the end.

Every worker journals, and writes after each span how many it has ended, to a file that outlives it. Whatever was done to it,
in the end the receiver must have exactly those spans. The dice are seeded and the seed is in the test's name, so that a run
that fails can be had again.
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from agent_process import environment
from otlp_server import OtlpServer

AGENT = Path(__file__).with_name("delivery_agent.py")
WORKERS = 3
CAP_BYTES = 64 << 20
RSS_GROWTH_KIB = 60_000
MODES = ["503", "429:1", "reset", "ackless", "html", "401", "404", "redirect:307", "slow:0.1", "slow:1", "hang"]


class Worker:
    """A process that ends spans for as long as it lives."""

    def __init__(self, name: str, endpoint: str, home: Path, rate: int, seconds: float) -> None:
        self.name = name
        self.tally = home / f"{name}.tally"
        self.process = subprocess.Popen(
            [sys.executable, str(AGENT), endpoint, str(home / "spool"), "journal", json.dumps({"timeout_s": 2.0, "max_bytes": CAP_BYTES})],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home),
        )  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write(f"tally {name} {self.tally}\nrate {rate} {seconds}\nflush 20\nclose 2\n")
        self.process.stdin.close()

    def kill(self) -> None:
        """As the system's out-of-memory killer does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def rss_kib(self) -> int:
        """Memory it has now; 0 when it is gone."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)

    def accepted(self) -> int:
        """Spans whose end had returned."""
        return int.from_bytes(self.tally.read_bytes(), "little") if self.tally.exists() else 0

    def end(self) -> list[str]:
        """Wait for it; the lines its operator had to read."""
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
            self.process.wait(20)
        assert self.process.stderr is not None
        with self.process.stderr as stderr:
            return stderr.read().splitlines()


def chaos(seed: int, seconds: float, home: Path) -> None:
    """Do harm for so long, then count."""
    dice = random.Random(seed)
    disturbances = 0
    began_s = time.monotonic()
    lines: list[str] = []
    rss: dict[str, list[int]] = {}
    with OtlpServer() as server:
        left_s = seconds
        workers = [Worker(f"w{each}", server.endpoint, home, 200, seconds) for each in range(WORKERS)]
        everybody = list(workers)
        is_up = True
        while (left_s := seconds - (time.monotonic() - began_s)) > 0:
            time.sleep(min(left_s, dice.uniform(0.2, 1.5)))
            action = dice.choice(["mode", "mode", "mode", "well", "well", "down", "kill", "stop"])
            disturbances += action != "well"
            if action == "down" and is_up:
                server.stop()
                is_up = False
            elif not is_up:
                server.start()
                is_up = True
            if action in {"mode", "well"}:
                server.mode = "ok" if action == "well" else dice.choice(MODES)
            elif action == "kill" and left_s > 1:
                number = dice.randrange(len(workers))
                workers[number].kill()
                workers[number] = Worker(f"w{len(everybody)}", server.endpoint, home, 200, left_s)
                everybody.append(workers[number])
            elif action == "stop":
                worker = dice.choice(workers)
                worker.process.send_signal(signal.SIGSTOP)
                time.sleep(dice.uniform(0.1, 0.5))
                worker.process.send_signal(signal.SIGCONT)
            for worker in workers:
                rss.setdefault(worker.name, []).append(worker.rss_kib())
            assert sum(path.stat().st_size for path in home.rglob("*.seg") if path.exists()) <= WORKERS * CAP_BYTES
        if not is_up:
            server.start()
        server.mode = "ok"
        for worker in everybody:
            lines += worker.end()
        drained(server, home)
        arrived = Counter(span[2] for span in set(server.spans))
        most = max(len(request.body) for request in server.requests_of("traces")) // 50
        duplicates = server.duplicates

    for worker in everybody:
        # The one span that was being ended when the process was killed may be there or not.
        assert worker.accepted() <= arrived[worker.name] <= worker.accepted() + 1, (seed, worker.name)
    assert duplicates <= disturbances * most, seed
    assert [] == [line for line in lines if "Traceback" in line]
    assert len(lines) <= len(everybody) * (2 + 4 * (1 + seconds // 60)), lines
    for name, values in rss.items():
        alive = [value for value in values if value]
        assert not alive or max(alive[len(alive) // 2 :]) - alive[0] < RSS_GROWTH_KIB, (seed, name, alive)


def drained(server: OtlpServer, home: Path) -> None:
    """Another process sends what the last ones left."""
    result = subprocess.run(
        [sys.executable, str(AGENT), server.endpoint, str(home / "spool"), "spill"],
        input="flush 30\nclose 2\n",
        capture_output=True,
        text=True,
        timeout=90,
        env=environment(home),
        check=True,
    )
    assert json.loads(result.stdout.splitlines()[0])["good"], result.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_long_chaos_balances(seed: int, tmp_path: Path) -> None:
    """Minutes of harm to three workers: every span that was ended arrives, whoever died meanwhile."""
    chaos(seed, 120 if seed == 1 else 240, tmp_path)
