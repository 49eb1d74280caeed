"""Command lines, event loops, functions in the cloud, and what is not caught."""

import asyncio
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

__all__ = ["CALLS"]


def call_click() -> None:
    """A command."""
    import click

    @click.command()
    def trade() -> None:
        click.echo("traded", err=True)

    trade.main([], standalone_mode=False)


def call_asyncclick() -> None:
    """A command."""
    import asyncclick

    @asyncclick.command()
    async def trade() -> None:
        await asyncio.sleep(0)

    asyncio.run(trade.main([], standalone_mode=False))


def call_asyncio() -> None:
    """A task of a coroutine that the standard variable names."""

    async def quote() -> int:
        return 42

    async def main() -> int:
        return await asyncio.create_task(quote())

    assert asyncio.run(main()) == 42


def call_aws_lambda() -> None:
    """The handler that Lambda's variables name, imported as Lambda imports it."""
    folder = Path(tempfile.mkdtemp())
    (folder / "shop_handler.py").write_text("def handle(event, context):\n    return {'statusCode': 200}\n")
    sys.path.insert(0, str(folder))
    import shop_handler

    context = SimpleNamespace(
        function_name="shop",
        aws_request_id="1",
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:shop",
    )
    assert shop_handler.handle({}, context) == {"statusCode": 200}


def call_exceptions() -> None:
    """An exception that ends a thread."""

    def fail() -> None:
        raise ValueError("not caught")

    thread = threading.Thread(target=fail)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the process ends
    thread.start()
    thread.join()


def call_structlog() -> None:
    """A record."""
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    structlog.get_logger().warning("traded", symbol="ACME")


CALLS: dict[str, Callable[..., None]] = {
    "click": call_click,
    "asyncclick": call_asyncclick,
    "asyncio": call_asyncio,
    "aws-lambda": call_aws_lambda,
    "exceptions": call_exceptions,
    "structlog": call_structlog,
}
