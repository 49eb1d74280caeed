"""Databases: SQLite, servers that play others on the loopback interface, and a real PostgreSQL whose address is given."""

import asyncio
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from loopback import memcached, served

__all__ = ["CALLS"]


def call_sqlite3() -> None:
    """A query."""
    import sqlite3

    connection = sqlite3.connect(":memory:")
    assert connection.execute("SELECT 42").fetchone() == (42,)
    cursor = connection.cursor()
    cursor.execute("SELECT 43")


def call_sqlalchemy() -> None:
    """A query, through our own instrument."""
    import sqlalchemy

    with sqlalchemy.create_engine("sqlite://").connect() as connection:
        assert connection.execute(sqlalchemy.text("SELECT 42")).scalar() == 42


def call_tortoise() -> None:
    """A query."""
    import pydantic  # noqa: F401 - the instrumentation is for the two together
    from tortoise import Model, Tortoise, connections, fields

    class Order(Model):
        id = fields.IntField(primary_key=True)

    sys.modules["shop_models"] = shop_models = ModuleType("shop_models")
    vars(shop_models)["Order"] = Order

    async def main() -> None:
        await Tortoise.init(
            db_url=f"sqlite://{Path(tempfile.mkdtemp()) / 'shop.db'}", modules={"models": ["shop_models"]}
        )
        await connections.get("default").execute_query("SELECT 42")
        await connections.close_all()

    asyncio.run(main())


def call_redis() -> None:
    """Set and get, against a server that plays Redis."""
    import redis
    from fakeredis import TcpFakeServer

    TcpFakeServer.allow_reuse_address = True
    TcpFakeServer.daemon_threads = True
    with served(TcpFakeServer(("127.0.0.1", 0), server_type="redis")) as port:
        client = redis.Redis(port=port)
        client.set("price", "42")
        assert client.get("price") == b"42"
        client.close()


def call_pymemcache() -> None:
    """Set and get."""
    from pymemcache.client.base import Client

    with served(memcached()) as port:
        client = Client(("127.0.0.1", port))
        assert client.set("price", "42")
        assert client.get("price") is None
        client.close()


def call_pymysql() -> None:
    """A query."""
    import pymysql

    connection = pymysql.connect(host="127.0.0.1", port=_mysql(), user="root")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        assert int(cursor.fetchone()[0]) == 42
    connection.close()


def call_mysql() -> None:
    """A query, in pure Python."""
    import mysql.connector

    connection = mysql.connector.connect(host="127.0.0.1", port=_mysql(), user="root", use_pure=True, ssl_disabled=True)
    cursor = connection.cursor()
    cursor.execute("SELECT 42")
    assert int(cursor.fetchall()[0][0]) == 42
    connection.close()


def call_pymongo() -> None:
    """A query, against a server that answers every one with an empty cursor."""
    import pymongo

    with served(_mongo()) as port:
        client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(
            f"mongodb://127.0.0.1:{port}/?directConnection=true", serverSelectionTimeoutMS=10_000
        )
        assert list(client["shop"]["orders"].find({})) == []
        client.close()


def call_psycopg(address: str) -> None:
    """A query."""
    import psycopg

    with psycopg.connect(f"postgresql://{address}") as connection:
        assert connection.execute("SELECT 42").fetchone() == (42,)


def call_psycopg2(address: str) -> None:
    """A query."""
    import psycopg2

    connection = psycopg2.connect(f"postgresql://{address}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        assert cursor.fetchone() == (42,)
    connection.close()


def call_asyncpg(address: str) -> None:
    """A query."""
    import asyncpg

    async def main() -> None:
        connection = await asyncpg.connect(f"postgresql://{address}")
        assert await connection.fetchval("SELECT 42") == 42
        await connection.execute("SELECT 43")
        await connection.close()

    asyncio.run(main())


def call_aiopg(address: str) -> None:
    """A query."""
    import aiopg

    async def main() -> None:
        connection = await aiopg.connect(f"postgresql://{address}")
        async with connection.cursor() as cursor:
            await cursor.execute("SELECT 42")
            assert await cursor.fetchone() == (42,)
        await connection.close()

    asyncio.run(main())


def _mysql() -> int:
    """The port of a server that plays MySQL, in a thread until the process ends."""
    from mysql_mimic import MysqlServer

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    is_up = threading.Event()

    async def serve() -> None:
        server = MysqlServer()
        await server.start_server(host="127.0.0.1", port=port)
        is_up.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    assert is_up.wait(10)
    return port


def _mongo() -> object:
    """A server that speaks as much of MongoDB's protocol as one query takes."""
    import socketserver
    import struct

    import bson

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while header := self.rfile.read(16):
                length, request, _, operation = struct.unpack("<iiii", header)
                body = self.rfile.read(length - 16)
                if operation == 2004:
                    answer = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(self._hello())
                    self._reply(request, 1, answer)
                    continue
                command = bson.decode(body[5:])
                document = (
                    {"ok": 1.0, "cursor": {"id": 0, "ns": "shop.orders", "firstBatch": []}}
                    if "find" in command
                    else self._hello()
                )
                self._reply(request, 2013, b"\0\0\0\0\0" + bson.encode(document))

        def _hello(self) -> dict[str, object]:
            return {"ok": 1.0, "helloOk": True, "isWritablePrimary": True, "minWireVersion": 0, "maxWireVersion": 21}

        def _reply(self, request: int, operation: int, body: bytes) -> None:
            self.wfile.write(struct.pack("<iiii", 16 + len(body), 1, request, operation) + body)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


CALLS: dict[str, Callable[..., None]] = {
    "sqlite3": call_sqlite3,
    "sqlalchemy": call_sqlalchemy,
    "tortoiseorm": call_tortoise,
    "redis": call_redis,
    "pymemcache": call_pymemcache,
    "pymysql": call_pymysql,
    "mysql": call_mysql,
    "pymongo": call_pymongo,
    "psycopg": call_psycopg,
    "psycopg2": call_psycopg2,
    "asyncpg": call_asyncpg,
    "aiopg": call_aiopg,
}
