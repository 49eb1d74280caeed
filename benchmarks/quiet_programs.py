"""
Run programs that have nothing to find, for as long as is asked, and print every finding about them: there should be none.

    python benchmarks/quiet_programs.py                 all three side by side, ten minutes each
    python benchmarks/quiet_programs.py --minutes 1
    python benchmarks/quiet_programs.py --load NAME SECONDS     one of them; not for people

Programs: a service that answers requests from a database and a cache, an assistant that calls tools, and a pipeline of threads.
Status 1 when anything was found.
"""

import argparse
import asyncio
import hashlib
import json
import os
import queue
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import otel_agent


def service(seconds: float) -> None:
    """Requests that look up, join, write and page; a cache whose answers come again; slow work in threads."""
    from sqlalchemy import create_engine, text

    path = Path(tempfile.mkdtemp()) / "shop.sqlite"
    with sqlite3.connect(path) as filling:
        filling.executescript(
            "create table customer (id integer primary key, town text);"
            "create table purchase (id integer primary key, customer_id integer, total real);"
            "create index purchase_customer on purchase (customer_id);"
        )
        filling.executemany("insert into customer values (?, ?)", [(n, f"town {n % 40}") for n in range(2000)])
        filling.executemany(
            "insert into purchase (customer_id, total) values (?, ?)", [(n % 2000, n / 7) for n in range(20_000)]
        )
    engine = create_engine(f"sqlite:///{path}")

    @otel_agent.cached(maxsize=500, ttl_s=30)
    def town(number: int) -> str:
        with engine.connect() as connection:
            return str(
                connection.execute(text("select town from customer where id = :id"), {"id": number}).scalar_one()
            )

    @otel_agent.traced
    def bill(number: int) -> dict[str, Any]:
        with engine.connect() as connection:
            rows = connection.execute(
                text("select id, total from purchase where customer_id = :id order by id limit 20"), {"id": number}
            ).all()
        return {"town": town(number % 50), "total": sum(row.total for row in rows)}

    @otel_agent.traced
    def buy(number: int) -> None:
        with engine.begin() as connection:
            connection.execute(
                text("insert into purchase (customer_id, total) values (:id, :total)"),
                [{"id": number, "total": total} for total in (1.0, 2.0, 3.0)],
            )

    @otel_agent.traced
    def sealed(order: dict[str, Any]) -> str:
        return hashlib.pbkdf2_hmac("sha256", json.dumps(order).encode(), os.urandom(8), 2000).hex()

    async def request() -> None:
        number = random.randrange(2000)
        order = await asyncio.to_thread(bill, number)
        if number % 7 == 0:
            await asyncio.to_thread(buy, number)
        await asyncio.to_thread(sealed, order)

    async def client() -> None:
        while time.monotonic() < end_s:
            await request()
            await asyncio.sleep(random.uniform(0.05, 0.3))

    async def everybody() -> None:
        await asyncio.gather(*(client() for _ in range(4)))

    end_s = time.monotonic() + seconds
    asyncio.run(everybody())


def assistant(seconds: float) -> None:
    """Conversations whose tools are asked for something else each time, in parallel where that is possible."""

    def tool(function: Any) -> Any:
        name = function.__name__
        attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
        return otel_agent.traced(f"execute_tool {name}", attributes=attributes)(function)

    notes: list[str] = []

    @tool
    async def search(question: str) -> list[str]:
        await asyncio.sleep(0.05)
        return [f"{question} {random.random()}"]

    @tool
    async def read_page(address: str) -> str:
        await asyncio.sleep(0.06)
        return f"text of {address}"

    @tool
    async def write_note(note: str) -> str:
        notes.append(note)
        del notes[:-50]
        return "ok"

    @tool
    async def read_notes() -> str:
        await asyncio.sleep(0.01)
        return "; ".join(notes[-3:])

    @otel_agent.traced(kind="client")
    async def model(prompt: str) -> str:
        await asyncio.sleep(0.1)
        return f"answer to {prompt[:40]}"

    @otel_agent.traced("invoke_agent researcher", attributes={"gen_ai.operation.name": "invoke_agent"})
    async def conversation(number: int) -> None:
        plan = await model(f"plan {number}")
        for turn in range(3):
            found = await search(f"{plan} {turn}")
            pages = await asyncio.gather(*(read_page(f"{found[0]}/{part}") for part in range(3)))
            plan = await model(f"{plan} {len(pages)}")
            await write_note(f"{number}.{turn}")
            await read_notes()

    async def everybody() -> None:
        number = 0
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            await asyncio.gather(conversation(number), conversation(number + 1))
            number += 2
            await asyncio.sleep(0.3)

    asyncio.run(everybody())


def pipeline(seconds: float) -> None:
    """Threads that parse, aggregate and store what arrives; they wait on queues, and hold their lock for moments."""
    arriving: queue.Queue[bytes | None] = queue.Queue(200)
    parsed: queue.Queue[dict[str, Any] | None] = queue.Queue(200)
    lock, sums = threading.Lock(), dict.fromkeys(range(100), 0.0)

    @otel_agent.traced
    def parse(line: bytes) -> dict[str, Any]:
        record = json.loads(line)
        record["mean"] = sum(record["values"]) / len(record["values"])
        return record  # type: ignore[no-any-return]  # what json gives

    @otel_agent.traced
    def aggregate(record: dict[str, Any]) -> float:
        with lock:
            sums[record["id"] % 100] += record["mean"]
        return float(sum(value * value for value in record["values"]) ** 0.5)

    def parsing() -> None:
        while (line := arriving.get()) is not None:
            parsed.put(parse(line))
        parsed.put(None)

    def aggregating() -> None:
        while (record := parsed.get()) is not None:
            aggregate(record)

    threads = [threading.Thread(target=each) for each in (parsing, aggregating)]
    for thread in threads:
        thread.start()
    end_s, number = time.monotonic() + seconds, 0
    while time.monotonic() < end_s:
        for _ in range(5):
            number += 1
            values = [random.random() for _ in range(300)]
            arriving.put(json.dumps({"id": number, "values": values}).encode())
        time.sleep(0.05)
    arriving.put(None)
    for thread in threads:
        thread.join()


PROGRAMS: dict[str, Callable[[float], None]] = {"service": service, "assistant": assistant, "pipeline": pipeline}


def load(name: str, seconds: float) -> None:
    """Run one program at the defaults, and print its findings as JSON."""
    telemetry = otel_agent.init(f"quiet-{name}", export="none")
    PROGRAMS[name](seconds)
    time.sleep(2.0)
    sys.stdout.write(json.dumps([str(finding) for finding in telemetry.findings()]))
    telemetry.shutdown()


def main() -> None:
    """Run all of them side by side."""
    parser = argparse.ArgumentParser(description="Programs that have nothing to find.")
    parser.add_argument("--load", nargs=2, metavar=("NAME", "SECONDS"))
    parser.add_argument("--minutes", type=float, default=10.0)
    arguments = parser.parse_args()
    if arguments.load:
        load(arguments.load[0], float(arguments.load[1]))
        return
    seconds = str(arguments.minutes * 60)
    running = {
        name: subprocess.Popen([sys.executable, __file__, "--load", name, seconds], stdout=subprocess.PIPE, text=True)
        for name in PROGRAMS
    }
    found = {name: json.loads(process.communicate()[0]) for name, process in running.items()}
    for name, findings in found.items():
        sys.stdout.write(f"{name:10} {len(findings)} findings\n" + "".join(f"    {each}\n" for each in findings))
    sys.exit(any(found.values()))


if __name__ == "__main__":
    main()
