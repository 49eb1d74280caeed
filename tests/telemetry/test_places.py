"""One address with a token in it, put wherever a program puts texts: it leaves by no way out."""

import json
from pathlib import Path

from agent_process import run_agent

PROGRAM = """
import http.server, json, logging, pathlib, sys, threading, time, urllib.request
import otel_agent
from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import LogRecord, SeverityNumber

words = {}

def address(place):
    words[place] = f"Vt7Kp3Xz9Lw2n{len(words):02d}q"
    return f"wss://feed.example/live?access_token={words[place]}"

bodies = []

class Desk(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): ...

    def do_POST(self):
        bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.end_headers()

desk = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Desk)
threading.Thread(target=desk.serve_forever, daemon=True).start()
sys.stderr.isatty = lambda: True
here = pathlib.Path.cwd()
(here / "rules.yml").write_text(
    'groups: [{name: g, interval: 1s, rules: [{alert: Many, expr: "lost_total > 0", annotations: {summary: "{{ $labels.feed }}"}}]}]'
)
telemetry = otel_agent.init(
    "places",
    metrics_interval_s=1,
    instrument=False,
    health=0,
    config={
        "export": {"to": ["file", "console"], "file": "wire.jsonl"},
        "resource": {"attributes": {"feed": address("resource attribute")}},
        "metrics": {"collect_interval_s": 0.2},
        "logs": {"files": [{"path": "log.jsonl"}], "console": "text"},
        "health": {"file": "probe.json"},
        "alerts": {
            "rule_files": ["rules.yml"],
            "routes": [{"to": ["desk", "log"]}],
            "notifiers": {"desk": {"webhook": {"url": f"http://127.0.0.1:{desk.server_address[1]}/", "allow_private": True}}},
        },
    },
)
tracer = trace.get_tracer(address("tracer name"), address("tracer version"), attributes={"a": address("tracer attribute")})
meter = metrics.get_meter(address("meter name"), attributes={"a": address("meter attribute")})
logger = _logs.get_logger(address("otel logger name"))

class Boom(Exception):
    pass

Boom.__name__ = Boom.__qualname__ = address("exception type")
with tracer.start_as_current_span("target") as target:
    link = trace.Link(target.get_span_context(), {"l": address("link attribute")})
try:
    with tracer.start_as_current_span(address("span name"), links=[link], attributes={"x": address("span attribute")}) as span:
        span.add_event(address("event name"), {"e": address("event attribute")})
        raise Boom(address("exception message"))
except Boom:
    logging.getLogger(address("logger name")).exception("bad %s", address("log argument"), extra={"url": address("extra")})
with tracer.start_as_current_span("failed") as span:
    span.set_status(trace.StatusCode.ERROR, address("status text"))

@otel_agent.traced(address("function name"))
def fails():
    raise Boom("no")

try:
    fails()
except Boom:
    pass
meter.create_counter("lost", description=address("metric description")).add(3, {"feed": address("metric attribute")})
meter.create_histogram("sizes").record(1, {"k": address("histogram attribute")})
logger.emit(
    LogRecord(
        timestamp=1,
        body={"m": [address("nested body")]},
        attributes={"z": address("log attribute")},
        event_name=address("log event name"),
        severity_number=SeverityNumber.INFO,
        severity_text=address("severity text"),
    )
)
otel_agent.heartbeat(f"feed {address('heartbeat name')}", within_s=60)()

@otel_agent.health_check(address("check name"), interval_s=0.2, timeout_s=1)
def check():
    raise ValueError(address("check message") if "check message" not in words else "wss://feed.example/live?access_token=" + words["check message"])

cached = otel_agent.cached(name=address("cache name"))(abs)
cached(1), cached(1)

def page(path):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{telemetry.health.port}{path}").read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()

def is_everywhere():
    probe = pathlib.Path("probe.json")
    return bodies and "redacted" in page("/healthz") and probe.exists() and "redacted" in probe.read_text()

end_s = time.monotonic() + 60
while time.monotonic() < end_s and not is_everywhere():
    time.sleep(0.05)
pages = "".join(map(page, ("/healthz", "/readyz", "/livez", "/startupz")))
status, probe = json.dumps(telemetry.status(), default=str), pathlib.Path("probe.json").read_text()
telemetry.flush(10)
telemetry.shutdown(10)
seen = {
    "wire": pathlib.Path("wire.jsonl").read_text(),
    "log file": pathlib.Path("log.jsonl").read_text(),
    "webhook": "".join(bodies),
    "pages": pages,
    "status": status,
    "probe file": probe,
}
print(json.dumps([words, seen]))
"""


def test_no_way_out_carries_what_another_holds_back(tmp_path: Path) -> None:
    """Names, types, texts and attributes of every signal: not on the wire, not in files, pages, messages, status or terminal."""
    ended = run_agent(PROGRAM, tmp_path)
    words, seen = json.loads(ended.out.splitlines()[-1])
    seen["terminal"] = ended.err
    leaks = [(place, way) for place, word in words.items() for way, text in seen.items() if word in text]

    assert [] == leaks
    assert 27 <= len(words)
    assert [] == [way for way, text in seen.items() if "redacted" not in text]


ANSWERED = """
import http.server, threading
import otel_agent
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

words = "\\x1b[2Jno quota for access_token=Vt7Kp3Xz9Lw2\\nERROR root: forged " + "x" * 5_000

class Receiver(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): ...

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = ExportTraceServiceResponse()
        answer.partial_success.error_message = words
        answer.partial_success.rejected_spans = 1
        body = answer.SerializeToString() if self.path.endswith("traces") else b""
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
telemetry = otel_agent.init("told", endpoint=f"http://127.0.0.1:{server.server_address[1]}", instrument=False)
with otel_agent.span("decide"):
    pass
telemetry.flush(10)
telemetry.shutdown(10)
"""


def test_what_a_receiver_answers_is_one_printable_line(tmp_path: Path) -> None:
    """Words of somebody else's server reach the log without a secret, without commands to a terminal, and short."""
    ended = run_agent(ANSWERED, tmp_path)
    (line,) = [line for line in ended.err.splitlines() if "quota" in line]

    assert line.isprintable()
    assert len(line) < 1100
    assert "Vt7Kp3Xz9Lw2" not in ended.err
    assert not any(each.startswith("ERROR root") for each in ended.err.splitlines())
