"""Slow queries tell the line of the agent's code they come from."""

import sys
import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from databases import Stage, create_engine

import otel_agent
from otel_agent.instruments.databases.call_sites import call_site


def test_a_slow_query_tells_where_it_comes_from() -> None:
    """The innermost line of the agent's own code, not of SQLAlchemy or of ours."""
    stage = Stage(slow_s=0)
    with create_engine().connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        line = sys._getframe().f_lineno - 1
    found = stage.last()
    stage.close()

    assert __file__ == found["code.file.path"]
    assert line == found["code.line.number"]
    assert f"{__name__}.test_a_slow_query_tells_where_it_comes_from" == found["code.function.name"]


def test_a_quick_query_does_not_look_for_its_place(stage: Stage, engine: sa.Engine) -> None:
    """Walking up the stack costs time that only slow queries have."""
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))

    assert not any(key.startswith("code.") for key in stage.last())


def test_no_line_of_this_package_is_a_call_site() -> None:
    """Whatever of ours stands between the agent and the database, wherever it was moved to, is passed by."""
    packaged: dict[str, Any] = {"call_site": call_site}
    file = str(Path(str(otel_agent.__file__)).parent / "instruments" / "anywhere.py")
    exec(compile("def ours():\n    return call_site()", file, "exec"), packaged)
    found = packaged["ours"]()
    line = sys._getframe().f_lineno - 1

    assert {
        "code.function.name": f"{__name__}.test_no_line_of_this_package_is_a_call_site",
        "code.file.path": __file__,
        "code.line.number": line,
    } == found


def test_an_installed_package_is_named_when_nothing_else_is_there() -> None:
    """The agent's own line goes before; a worker thread of a library has none."""
    found: list[Any] = []
    packaged: dict[str, Any] = {"call_site": call_site, "found": found, "__name__": "worker"}
    code = "def work():\n    found.append(call_site())"
    exec(compile(code, "/usr/lib/python3/site-packages/worker.py", "exec"), packaged)
    thread = threading.Thread(target=packaged["work"])
    thread.start()
    thread.join()

    assert "worker.work" == found[0]["code.function.name"]
