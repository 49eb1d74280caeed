"""Clients of HTTP, gRPC and AWS, each against a server on the loopback interface."""

import asyncio
from collections.abc import Callable
from concurrent import futures

from loopback import http_server, served

__all__ = ["CALLS"]


def call_requests() -> None:
    """GET."""
    import requests

    with served(http_server()) as port:
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200


def call_urllib() -> None:
    """GET."""
    from urllib.request import urlopen

    with served(http_server()) as port, urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        assert answer.status == 200


def call_urllib3() -> None:
    """GET."""
    import urllib3

    with served(http_server()) as port:
        assert urllib3.PoolManager().request("GET", f"http://127.0.0.1:{port}/").status == 200


def call_httpx() -> None:
    """GET, through a client that is made, and asynchronously."""
    import httpx

    async def asynchronously(url: str) -> int:
        async with httpx.AsyncClient() as client:
            return (await client.get(url)).status_code

    with served(http_server()) as port:
        url = f"http://127.0.0.1:{port}/"
        assert httpx.get(url).status_code == 200
        assert asyncio.run(asynchronously(url)) == 200


def call_httpx2() -> None:
    """GET."""
    import httpx2

    with served(http_server()) as port:
        assert httpx2.get(f"http://127.0.0.1:{port}/").status_code == 200


def call_aiohttp() -> None:
    """GET."""
    import aiohttp

    async def get(url: str) -> int:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status

    with served(http_server()) as port:
        assert asyncio.run(get(f"http://127.0.0.1:{port}/")) == 200


def call_botocore() -> None:
    """List buckets, of a client that botocore makes itself."""
    import botocore.session

    with served(http_server(b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>", "application/xml")) as port:
        client = botocore.session.get_session().create_client("s3", **_aws(port))
        assert client.list_buckets()["Buckets"] == []


def call_boto3() -> None:
    """Send a message to a queue."""
    import boto3

    body = b'{"MessageId": "1", "MD5OfMessageBody": "5d41402abc4b2a76b9719d911017c592"}'
    with served(http_server(body, "application/x-amz-json-1.0")) as port:
        client = boto3.client("sqs", **_aws(port))
        client.send_message(QueueUrl=f"http://127.0.0.1:{port}/1/orders", MessageBody="hello")


def call_grpc() -> None:
    """One call of a method that sends back what it gets."""
    import grpc

    handler = grpc.unary_unary_rpc_method_handler(lambda request, _: request)
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("shop.Shop", {"Echo": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert channel.unary_unary("/shop.Shop/Echo")(b"x", timeout=5) == b"x"
    server.stop(0).wait(5)


def call_grpc_aio() -> None:
    """The same, asynchronously."""
    import grpc.aio

    async def echo(request: bytes, _: object) -> bytes:
        return request

    async def main() -> bytes:
        handler = grpc.unary_unary_rpc_method_handler(echo)
        server = grpc.aio.server()
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("shop.Shop", {"Echo": handler})])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            answer = await channel.unary_unary("/shop.Shop/Echo")(b"x", timeout=5)
        await server.stop(0)
        return bytes(answer)

    assert asyncio.run(main()) == b"x"


def _aws(port: int) -> dict[str, str]:
    return {
        "region_name": "us-east-1",
        "endpoint_url": f"http://127.0.0.1:{port}",
        "aws_access_key_id": "none",
        "aws_secret_access_key": "none",
    }


CALLS: dict[str, Callable[..., None]] = {
    "requests": call_requests,
    "urllib": call_urllib,
    "urllib3": call_urllib3,
    "httpx": call_httpx,
    "httpx2": call_httpx2,
    "aiohttp-client": call_aiohttp,
    "botocore": call_botocore,
    "boto3": call_boto3,
    "grpc_client": call_grpc,
    "grpc_server": call_grpc,
    "grpc_aio_client": call_grpc_aio,
    "grpc_aio_server": call_grpc_aio,
}
