"""
The spool looked at and emptied, without an agent.

`list` shows what waits on the disk for each service. `drain` takes over what processes that are gone have left and sends it
to the receiver of the configuration; what running processes have is theirs and is left to them.
"""

import argparse
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otel_agent.cli.actions import actions
from otel_agent.clock import wall_ns
from otel_agent.config.loading import Loaded, load
from otel_agent.delivery.accounting import Delivery
from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.settings import SIGNALS
from otel_agent.delivery.spool.directories import default_directory
from otel_agent.delivery.spool.inventory import ServiceInventory, take_inventory
from otel_agent.delivery.spool.spool import Spool
from otel_agent.errors import ConfigurationError, OtelAgentError
from otel_agent.telemetry.assembly.senders import build_sender

__all__ = ["configure", "run"]

PROGRESS_S = 2.0
"""A line of progress every so many seconds, on standard error."""


def configure(parser: argparse.ArgumentParser) -> None:
    """
    Add the arguments of the command.

    Args:
        parser: Parser of this command.
    """
    lines = {
        "list": "show what waits on the disk, by service",
        "drain": "send what processes that are gone have left on the disk",
    }
    for name, command in actions(parser, lines):
        command.add_argument(
            "--directory", type=Path, help="spool directory; default: the configuration's, or the user's"
        )
        command.add_argument("--service", help="only the spool of this service")
        command.add_argument("--json", action="store_true", help="print JSON")
        if name == "drain":
            command.add_argument("--endpoint", help="receiver; default: the configuration's")
            command.add_argument("--protocol", choices=["http/protobuf", "grpc"], help="default: the configuration's")
            command.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="default: 60")


def run(arguments: argparse.Namespace) -> int:
    """
    Run the chosen action.

    Args:
        arguments: Parsed arguments of this command.

    Returns:
        0, or 1 when something could not be sent.
    """
    wanted: dict[str, Any] = {}
    if arguments.action == "drain":
        wanted = {"endpoint": arguments.endpoint, "protocol": arguments.protocol, "export": "otlp"}
    loaded = load(wanted)
    directory = arguments.directory or loaded.config.spool.directory or default_directory(os.environ)
    if directory is None:
        raise ConfigurationError(["the user has no home directory to look for a spool in: name one with --directory"])
    try:
        inventories = [
            inventory for inventory in take_inventory(Path(directory)) if _is_wanted(inventory, arguments.service)
        ]
    except OSError as error:
        raise OtelAgentError(f"{directory} cannot be read: {error.strerror}") from error
    return _list(inventories, arguments) if arguments.action == "list" else _drain(inventories, loaded, arguments)


def _is_wanted(inventory: ServiceInventory, service: str | None) -> bool:
    return service is None or inventory.directory.name.rpartition("-")[0] == service


def _list(inventories: Sequence[ServiceInventory], arguments: argparse.Namespace) -> int:
    if arguments.json:
        print(json.dumps([_facts(inventory) for inventory in inventories], indent=2))
        return 0
    if not inventories:
        print("the spool is empty")
        return 0
    columns = ["service", *SIGNALS, "size", "oldest", "processes", "refused"]
    print(f"{columns[0]:<32}" + "".join(f"{column:>12}" for column in columns[1:]))
    for inventory in inventories:
        cells = [
            *(str(inventory.items.get(signal, 0)) for signal in SIGNALS),
            f"{inventory.size_bytes / 1024:.0f} KiB",
            "" if inventory.oldest_s is None else f"{_age_s(inventory.oldest_s):.0f} s",
            f"{inventory.running} + {inventory.gone} gone",
            str(inventory.quarantined),
        ]
        print(f"{inventory.directory.name:<32}" + "".join(f"{cell:>12}" for cell in cells))
    return 0


def _facts(inventory: ServiceInventory) -> dict[str, Any]:
    return {
        "service": inventory.directory.name,
        "directory": str(inventory.directory),
        "items": {signal: inventory.items.get(signal, 0) for signal in SIGNALS},
        "size_bytes": inventory.size_bytes,
        "oldest_age_s": None if inventory.oldest_s is None else round(_age_s(inventory.oldest_s), 3),
        "running_processes": inventory.running,
        "gone_processes": inventory.gone,
        "refused_records": inventory.quarantined,
    }


def _age_s(moment_s: float) -> float:
    return max(0.0, wall_ns() / 1e9 - moment_s)


@dataclass(frozen=True)
class _DrainResult:
    """Items of one service that were sent, left and dropped."""

    service: str
    delivered: int
    left: int
    dropped: int
    trouble: str | None


def _drain(inventories: Sequence[ServiceInventory], loaded: Loaded, arguments: argparse.Namespace) -> int:
    if loaded.problems:
        raise ConfigurationError(loaded.problems)
    results = [_drain_one(inventory, loaded, arguments.timeout) for inventory in inventories if inventory.gone]
    if arguments.json:
        print(json.dumps([vars(result) for result in results], indent=2))
    elif not results:
        print("nothing to send: what is in the spool belongs to running processes")
    for result in () if arguments.json else results:
        print(f"{result.service}: {result.delivered} delivered, {result.left} left, {result.dropped} dropped")
        if result.trouble is not None:
            print(f"  {result.trouble}", file=sys.stderr)
    return int(any(result.left or result.dropped for result in results))


def _drain_one(inventory: ServiceInventory, loaded: Loaded, timeout_s: float) -> _DrainResult:
    sender = build_sender(loaded.config.export, dict.fromkeys(SIGNALS, ("otlp",)))
    engine = DeliveryEngine(sender, spool=Spool(inventory.directory, service=None))
    with _progress(inventory.directory.name, engine):
        delivery = engine.flush(timeout_s)
    trouble = engine.trouble()
    engine.close(1.0)
    return _DrainResult(
        inventory.directory.name, delivery.delivered, delivery.spooled + delivery.queued, delivery.dropped, trouble
    )


@contextmanager
def _progress(service: str, engine: DeliveryEngine) -> Iterator[None]:
    """Say now and then how far it is, while it goes on."""
    is_over = threading.Event()

    def tell() -> None:
        while not is_over.wait(PROGRESS_S):
            delivery = Delivery.summed(engine.status())
            left = delivery.spooled + delivery.queued
            print(f"{service}: {delivery.delivered} delivered, {left} left …", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, name="otel-agent-progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        is_over.set()
        teller.join()
