"""HTTP of the probe endpoints: requests as bytes in, responses as bytes out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.health.monitor import HealthMonitor
from otel_agent.health.registry import CheckRegistry
from otel_agent.health.reports import HealthReport
from otel_agent.health.requests import ProbeAccess, respond
from otel_agent.health.stalls import Stall
from otel_agent.health.states import HealthComponent, HealthState
from otel_agent.health.thresholds import Threshold

REPORT = HealthReport(
    state=HealthState.UNHEALTHY,
    is_live=False,
    is_ready=False,
    is_started=True,
    is_draining=False,
    components=[
        HealthComponent("broker", is_critical=True, state=HealthState.UNHEALTHY, message="password=hunter2", failures=3)
    ],
    thresholds=[Threshold("memory", 0.9, 0.85, 30.0, value=0.5)],
    stalls=[Stall("main loop", 12.3456, is_critical=True, stack=("agent.py:7 in decide",))],
)


NOBODY = ProbeAccess()


def ask(
    head: str, peer: str = "127.0.0.1", access: ProbeAccess = NOBODY, report: HealthReport = REPORT
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    text = f"{head}\r\n\r\n".replace("\n", "\r\n").replace("\r\r", "\r")
    answer = respond(text.encode("latin-1"), peer, access, lambda: report, lambda text: text.replace("hunter2", "***"))
    top, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = top.decode().split("\r\n")
    return int(first.split(" ")[1]), dict(line.split(": ", 1) for line in lines), body


def get(path: str, more: str = "", peer: str = "127.0.0.1", access: ProbeAccess = NOBODY) -> tuple[int, Any]:
    """Status and JSON of a GET."""
    status, _, body = ask(f"GET {path} HTTP/1.1\nHost: localhost:8080{more}", peer, access)
    return status, json.loads(body)


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [("/livez", 503, "failing"), ("/readyz", 503, "failing"), ("/startupz", 200, "ok"), ("/healthz", 503, "unhealthy")],
)
def test_each_path_answers_its_own_question(path: str, status: int, word: str) -> None:
    """A query does not matter."""
    code, body = get(f"{path}?verbose=1")

    assert (status, word) == (code, body["status"])


def test_a_healthy_agent_answers_200_everywhere() -> None:
    """Degraded counts as healthy here."""
    monitor = HealthMonitor(CheckRegistry())
    monitor.started()
    statuses = [
        ask(f"GET {path} HTTP/1.1\nHost: 127.0.0.1", report=monitor.report())[0]
        for path in ("/livez", "/readyz", "/startupz", "/healthz")
    ]

    assert [200] * 4 == statuses


def test_the_stack_that_blocks_is_shown_in_livez() -> None:
    """With its age, to who may see it."""
    _, body = get("/livez")

    assert {
        "status": "failing",
        "stalls": [{"name": "main loop", "age_s": 12.346, "stack": ["agent.py:7 in decide"]}],
    } == body


def test_details_are_redacted() -> None:
    """The texts of checks are the agent's own."""
    _, body = get("/healthz")

    assert "password=***" == body["components"]["broker"]["message"]
    assert {"status": "healthy", "value": 0.5, "limit": 0.9, "breached": False} == body["thresholds"]["memory"]


TOKEN = ProbeAccess(token="open sesame")


@pytest.mark.parametrize(
    ("peer", "more", "access", "sees"),
    [
        ("127.0.0.1", "", ProbeAccess(), True),
        ("::1", "", ProbeAccess(), True),
        ("::ffff:127.0.0.1", "", ProbeAccess(), True),
        ("127.0.0.1", "\nX-Forwarded-For: 203.0.113.9", ProbeAccess(), False),
        ("::1", "\nForwarded: for=203.0.113.9", ProbeAccess(), False),
        ("127.0.0.1", "\nX-Real-IP: 203.0.113.9", ProbeAccess(), False),
        ("127.0.0.1", "\nx-forwarded-proto: https", ProbeAccess(), False),
        ("127.0.0.1", "\nX_Forwarded_Host: agent", ProbeAccess(), False),
        ("127.0.0.1", "\nVIA: 1.1 proxy", ProbeAccess(), False),
        ("127.0.0.1", "\nCF-Connecting-IP: 203.0.113.9", ProbeAccess(), False),
        ("127.0.0.1", "\nX-Client-IP: 127.0.0.1", ProbeAccess(), False),
        ("127.0.0.1", "\nX-Forwarded-For: 203.0.113.9\nAuthorization: Bearer open sesame", TOKEN, True),
        ("127.0.0.1", "\nUser-Agent: curl/8\nAccept: */*\nX-Request-Id: 1", ProbeAccess(), True),
        ("10.0.0.7", "", ProbeAccess(), False),
        ("10.0.0.7", "", TOKEN, False),
        ("10.0.0.7", "\nAuthorization: Bearer wrong", TOKEN, False),
        ("10.0.0.7", "\nAuthorization: Bearer open sesame", TOKEN, True),
        ("10.0.0.7", "\nAuthorization: Bearer None", ProbeAccess(), False),
        ("10.0.0.7", "\nAuthorization: Bearer \xff", TOKEN, False),
        ("", "", ProbeAccess(), False),
    ],
)
def test_details_are_for_this_machine_or_with_a_token(peer: str, more: str, access: ProbeAccess, sees: bool) -> None:
    """Others learn one word; a proxy on this machine speaks for others."""
    _, body = get("/healthz", more, peer, access)

    assert sees == (set(body) > {"status"})


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /livez HTTP/1.1\nHost: evil.example", 421),
        ("GET /livez HTTP/1.1", 421),
        ("GET /livez HTTP/1.0", 503),
        ("GET /livez HTTP/1.1\nHost: localhost\nHost: evil.example", 400),
        ("GET /livez HTTP/1.1\nHost: agent.internal:8080", 503),
        ("GET / HTTP/1.1\nHost: localhost", 404),
        ("POST /livez HTTP/1.1\nHost: localhost", 405),
        ("GET /livez", 400),
        ("nonsense", 400),
        ("", 400),
        ("GET  /livez HTTP/1.1\nHost: localhost", 400),
    ],
)
def test_what_is_unclear_or_foreign_is_refused(head: str, status: int) -> None:
    """A name that is not known here may be anybody's."""
    assert status == ask(head, access=ProbeAccess(hosts={"agent.internal"}))[0]


def test_head_is_told_the_length_alone() -> None:
    """The headers are those of GET."""
    status, headers, body = ask("HEAD /startupz HTTP/1.1\nHost: [::1]:8080")
    _, of_get, whole = ask("GET /startupz HTTP/1.1\nHost: [::1]:8080")

    assert (200, b"", str(len(whole))) == (status, body, headers["Content-Length"])
    assert of_get == headers
    assert "no-store" == headers["Cache-Control"]


@given(st.binary(max_size=300))
def test_no_request_is_an_exception(head: bytes) -> None:
    """Whatever arrives, an answer goes out."""
    answer = respond(head, "127.0.0.1", ProbeAccess(), lambda: REPORT, str)

    assert answer.startswith(b"HTTP/1.1 ")
