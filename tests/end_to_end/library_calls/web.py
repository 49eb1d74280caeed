"""Servers of HTTP: one request each, over the loopback interface or the framework's own test client."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["CALLS"]


def call_flask() -> None:
    """A page of an application made through a name bound after the import."""
    from flask import Flask

    application = Flask("shop")
    application.add_url_rule("/", view_func=lambda: "ok")
    assert application.test_client().get("/").status_code == 200


def call_fastapi() -> None:
    """A page of an application with default arguments."""
    from fastapi import FastAPI

    application = FastAPI()

    @application.get("/")
    def page() -> str:
        return "ok"

    assert _asgi_status(application) == 200


def call_starlette() -> None:
    """A page."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def page(_: object) -> PlainTextResponse:
        return PlainTextResponse("ok")

    assert _asgi_status(Starlette(routes=[Route("/", page)])) == 200


def call_django() -> None:
    """A page, with settings that are named only after Django was imported, as `wsgi.py` does it."""
    folder = Path(tempfile.mkdtemp())
    (folder / "shop_settings.py").write_text(
        "SECRET_KEY = 'x'\nROOT_URLCONF = 'shop_urls'\nALLOWED_HOSTS = ['*']\nMIDDLEWARE = []\n"
    )
    (folder / "shop_urls.py").write_text(
        "from django.http import HttpResponse\nfrom django.urls import path\nurlpatterns = [path('', lambda request: HttpResponse('ok'))]\n"
    )
    import sys

    sys.path.insert(0, str(folder))
    from django.core.wsgi import get_wsgi_application

    os.environ["DJANGO_SETTINGS_MODULE"] = "shop_settings"
    application = get_wsgi_application()
    assert _wsgi_status(application) == "200 OK"


def call_falcon() -> None:
    """A page."""
    import falcon

    class Page:
        def on_get(self, _: object, response: "falcon.Response") -> None:
            response.text = "ok"

    application = falcon.App()
    application.add_route("/", Page())
    assert _wsgi_status(application) == "200 OK"


def call_pyramid() -> None:
    """A page."""
    from pyramid.config import Configurator
    from pyramid.response import Response

    with Configurator() as config:
        config.add_route("home", "/")
        config.add_view(lambda request: Response("ok"), route_name="home")
        application = config.make_wsgi_app()
    assert _wsgi_status(application) == "200 OK"


def call_tornado() -> None:
    """A page, asked for with Tornado's own client."""
    import tornado.httpclient
    import tornado.httpserver
    import tornado.testing
    import tornado.web

    class Page(tornado.web.RequestHandler):
        def get(self) -> None:
            self.write("ok")

    async def main() -> int:
        socket, port = tornado.testing.bind_unused_port()
        server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Page)]))
        server.add_socket(socket)
        answer = await tornado.httpclient.AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/")
        server.stop()
        return int(answer.code)

    assert asyncio.run(main()) == 200


def call_aiohttp_server() -> None:
    """A page."""
    from urllib.request import urlopen

    from aiohttp import web

    async def page(_: object) -> web.Response:
        return web.Response(text="ok")

    async def main() -> int:
        application = web.Application()
        application.router.add_get("/", page)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        status = await asyncio.to_thread(lambda: urlopen(f"http://127.0.0.1:{port}/", timeout=5).status)
        await runner.cleanup()
        return int(status)

    assert asyncio.run(main()) == 200


def call_jinja2() -> None:
    """A template."""
    import jinja2

    assert jinja2.Environment().from_string("{{ 6 * 7 }}").render() == "42"


def _asgi_status(application: Callable[..., object]) -> int:
    """Ask an ASGI application for `/`."""
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(application(scope, receive, send))  # type: ignore[arg-type]
    return int(str(sent[0]["status"]))


def _wsgi_status(application: Callable[..., object]) -> str:
    """Ask a WSGI application for `/`."""
    from wsgiref.util import setup_testing_defaults

    environ: dict[str, object] = {}
    setup_testing_defaults(environ)
    statuses: list[str] = []
    answer = application(environ, lambda status, *_: statuses.append(status))
    b"".join(answer)  # type: ignore[arg-type]
    if hasattr(answer, "close"):
        answer.close()
    return statuses[0]


CALLS: dict[str, Callable[..., None]] = {
    "flask": call_flask,
    "fastapi": call_fastapi,
    "starlette": call_starlette,
    "django": call_django,
    "falcon": call_falcon,
    "pyramid": call_pyramid,
    "tornado": call_tornado,
    "aiohttp-server": call_aiohttp_server,
    "jinja2": call_jinja2,
}
