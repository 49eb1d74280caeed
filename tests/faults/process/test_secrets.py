"""Secrets everywhere in a whole agent (row 44): none is on the wire, on the disk, in a log file or on a terminal."""

from pathlib import Path

from faulted import trial

CANARY = "sk-proj-9fQ2xLr7TzVb4KcN8mWd3HsY6pJe1AuG"
PASSWORD = "correct-horse-battery-staple"

CODE = f"""
canary, password = {CANARY!r}, {PASSWORD!r}
logging.getLogger().addHandler(logging.NullHandler())
init(config={{
    "logs": {{"files": [{{"path": "agent.log"}}], "console": "json"}},
    "export": {{"headers": {{"authorization": "Bearer " + canary}}}},
    "resource": {{"attributes": {{"note": "key " + canary}}}},
    "nonsense": {{"token": canary}},
}})

@otel_agent.traced(capture_arguments=True, capture_result=True)
def log_in(user, password):
    return user

for _ in range(3):
    log_in("me", password=password)
    with otel_agent.span("call", url=f"https://me:{{password}}@example.org/?api_key={{canary}}", password=password) as span:
        span.add_event("sent", {{"authorization": f"Bearer {{canary}}"}})
        logging.getLogger("trader").warning("using %s", canary, extra={{"password": password}})
        metrics.get_meter("trader").create_counter("calls").add(1, {{"api_key": canary}})
    try:
        with otel_agent.span("fails"):
            raise ValueError(f"password={{password}} of {{canary}}")
    except ValueError:
        logging.getLogger("trader").exception("failed")
flush(5)
say(status=telemetry.status(), problems=list(telemetry.problems))
line("done")
"""


def test_row_44_no_canary_anywhere(tmp_path: Path) -> None:
    """With a receiver that is down, then well: header, attributes, addresses, log records, exceptions and a mistaken setting."""
    code = CODE.replace("telemetry.status()", "json.loads(json.dumps(telemetry.status(), default=str))")
    with trial(tmp_path, mode="401") as faulted:
        with faulted.begin(code) as agent:
            ended = agent.end()
        on_disk = {
            path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "agent.py"
        }
        faulted.heal()
        places = {
            **on_disk,
            "wire": b"".join(request.body for request in faulted.server.requests),
            "stdout": ended.out.encode(),
            "stderr": ended.err.encode(),
        }
        leaks = [
            (name, secret)
            for name, content in places.items()
            for secret in (CANARY, PASSWORD)
            if secret.encode() in content
        ]

        assert 0 == ended.status, ended.err
        assert [] == leaks
        assert any(name.endswith(".seg") for name in on_disk)
        assert "agent.log" in on_disk
        assert faulted.spans >= 9
        assert b"[redacted" in places["wire"]
