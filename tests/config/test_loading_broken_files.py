"""Every mistake in a file is said with file, line, setting and what to do; the rest is used."""

from pathlib import Path

import pytest

from otel_agent.config.loading import load

CASES = {
    "unknown section": ("serivce: {name: a}", "1: serivce: unknown key, did you mean service?"),
    "unknown key": (
        "service:\n  name: a\n  enviroment: b",
        "3: service.enviroment: unknown key, did you mean service.environment?",
    ),
    "key without its unit": (
        "metrics:\n  interval: 60",
        "2: metrics.interval: unknown key, did you mean metrics.interval_s?",
    ),
    "key with hyphens": (
        "spool:\n  max-bytes: 1",
        "2: spool.max-bytes: unknown key, did you mean spool.max_bytes?",
    ),
    "key in the wrong section": ("\nendpoint: http://a:1", "2: endpoint: unknown key, did you mean export.endpoint?"),
    "key like no other": (
        "\n\nlifecycle: {zzz: 1}",
        "3: lifecycle.zzz: unknown key; known are shutdown_timeout_s, signals",
    ),
    "string for a number": (
        "metrics: {interval_s: often}",
        "1: metrics.interval_s: expected a number above 0, found often",
    ),
    "quoted number": (
        "health:\n  port: '8080'",
        "2: health.port: expected a whole number from 0 to 65535, or off, found '8080'; write it without quotes",
    ),
    "length of time with a unit": (
        "metrics:\n  interval_s: 30s",
        "2: metrics.interval_s: expected a number above 0, found 30s; write 30",
    ),
    "size with a unit": (
        "spool:\n  max_bytes: 256MiB",
        "2: spool.max_bytes: expected a whole number of at least 1, found 256MiB; write 268435456",
    ),
    "share in percent": (
        "sampling:\n  ratio: 10%",
        "2: sampling.ratio: expected a number from 0 to 1, found 10%; write 0.1",
    ),
    "number beyond its range": (
        "sampling:\n  ratio: 1.5",
        "2: sampling.ratio: expected a number from 0 to 1, found 1.5",
    ),
    "fraction for a whole number": (
        "health: {port: 80.5}",
        "1: health.port: expected a whole number from 0 to 65535, or off, found 80.5",
    ),
    "no number at all": ("queue: {delay_s: .nan}", "1: queue.delay_s: expected a number above 0, found .nan"),
    "word for a boolean": (
        "\nmetrics: {host: maybe}",
        "2: metrics.host: expected a boolean (true or false), found maybe",
    ),
    "unknown choice": (
        "spool:\n  level: jurnal",
        "2: spool.level: expected one of spill, journal, found jurnal; did you mean journal?",
    ),
    "unknown destination": (
        "export:\n  to: [otlp, consol]",
        "2: export.to[1]: expected one of otlp, console, file, none, found consol; did you mean console?",
    ),
    "list for a string": (
        "service: {name: [a, b]}",
        "1: service.name: expected a string that is not empty, found a list",
    ),
    "mapping for a list": (
        "instrument:\n  modules: {a: b}",
        "2: instrument.modules: expected a name of a module such as trader, trader.* or !trader.feed, found a mapping",
    ),
    "string for a section": ("health: 8080", "1: health: expected keys such as port, host, token"),
    "boolean for a section": (
        "spool: false",
        "1: spool: expected keys such as enabled, directory, level; write spool: {enabled: false}",
    ),
    "empty name": ("service: {name: ''}", "1: service.name: expected a string that is not empty, found ''"),
    "header that is none": (
        'export:\n  headers: {"a b": c}',
        "2: export.headers.a b: expected the name of a header, found 'a b'",
    ),
    "unknown key of a file": (
        "logs:\n  files:\n    - path: a.log\n      backup: 3",
        "4: logs.files[0].backup: unknown key, did you mean backups?",
    ),
    "file without a path": ("logs:\n  files:\n    - max_bytes: 10", "3: logs.files[0].path: is needed: a path"),
    "duplicate key": (
        "service: {name: a}\nexport: {}\nservice: {name: b}",
        "3: duplicate key 'service', first in line 1",
    ),
    "variable that is not set": (
        "export:\n  headers: {x: '${MISSING}'}",
        "2: export.headers.x: ${MISSING}: the variable is not set; set it, or write ${MISSING:-} for an empty string",
    ),
    "secret file that is not there": (
        "export:\n  headers:\n    x: ${file:nowhere}",
        "3: export.headers.x: ${file:nowhere}: cannot be read: No such file or directory",
    ),
    "reference without an end": ("service: {name: '${NAME'}", "1: service.name: ${NAME: has no } at its end"),
    "reference that is none": (
        "service: {name: '${a b}'}",
        "1: service.name: ${a b}: is no reference; write ${NAME}, ${NAME:-default} or ${file:path}, and $$ for a dollar sign",
    ),
    "tab instead of spaces": ("service:\n\tname: a", "2: invalid YAML: "),
    "bracket without an end": ("a: 1\nservice: [a", "3: invalid YAML: "),
    "reference without quotes in brackets": (
        "service: {name: ${NAME}}",
        "1: invalid YAML: ",
    ),
    "tag": (
        "service:\n  name: !!python/name:os.system",
        "2: the tag 'tag:yaml.org,2002:python/name:os.system' is not read",
    ),
    "alias without an anchor": ("service: *nowhere", "1: *nowhere has no &nowhere before it"),
    "two documents": ("service: {name: a}\n---\nservice: {name: b}", "2: a second document begins here; one is read"),
    "list at the top": ("- service", "1: expected sections such as service, resource, export, found a list"),
    "address without a scheme": (
        "export:\n  endpoint: localhost:4318",
        "2: export.endpoint: localhost:4318 has no scheme; write http://localhost:4318 or https://localhost:4318",
    ),
    "address with another scheme": (
        "export: {endpoint: 'tcp://a:1'}",
        "1: export.endpoint: tcp:// is no way to a receiver; write http:// or https://",
    ),
    "port beyond all ports": (
        "export: {endpoint: 'http://a:70000'}",
        "1: export.endpoint: '70000' is no port; write a number from 1 to 65535",
    ),
    "unknown sampler": (
        "sampling:\n  sampler: always_onn",
        "2: sampling.sampler: 'always_onn' is not installed; did you mean always_on?",
    ),
    "argument that is no share": (
        "sampling:\n  sampler: traceidratio\n  argument: lots",
        "3: sampling.argument: expected a number from 0 to 1 for traceidratio, found 'lots'",
    ),
    "unknown propagator": (
        "propagators:\n  - tracecontxt\n  - baggage",
        "2: propagators: 'tracecontxt' is not installed; did you mean tracecontext?",
    ),
    "collected less often than sent": (
        "metrics:\n  interval_s: 5\n  collect_interval_s: 10",
        "3: metrics.collect_interval_s: expected at most metrics.interval_s, which is 5, found 10",
    ),
    "batch larger than its queue": (
        "queue:\n  spans: 100\n  batch: 200",
        "3: queue.batch: expected at most queue.spans, which is 100, found 200",
    ),
    "key without a certificate": (
        "export:\n  client_key: k.pem",
        "2: export.client_key: is of no use alone; give export.client_certificate too",
    ),
    "certificate that is not there": (
        "export: {certificate: /nowhere/ca.pem}",
        "1: export.certificate: there is no file /nowhere/ca.pem",
    ),
    "deflate with gRPC": (
        "export:\n  protocol: grpc\n  compression: deflate",
        "3: export.compression: deflate cannot be used with grpc, which export.protocol says; gzip is used",
    ),
    "gap as large as a threshold": (
        "health:\n  thresholds: {memory: 0.5, clear_gap: 0.5}",
        "2: health.thresholds.clear_gap: expected a ratio below every threshold, of which the lowest is 0.5, found 0.5",
    ),
    "pattern that is none": ("redact:\n  values: ['(']", "2: redact.values: entry 1 is no regular expression: "),
    "log file twice": ("logs:\n  files: [{path: a}, {path: a}]", "2: logs.files: "),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_said_with_file_line_setting_and_advice(case: str, tmp_path: Path) -> None:
    """One mistake gives exactly one line, which says where it is, what was expected and found, and what to do."""
    text, expected = CASES[case]
    (tmp_path / "otel-agent.yaml").write_text(text)

    problems = load({}, environ={}, directory=tmp_path).problems
    assert [f"otel-agent.yaml:{expected}"] == [line[: len(f"otel-agent.yaml:{expected}")] for line in problems]


def test_a_reference_without_quotes_in_braces_is_told_what_it_needs(tmp_path: Path) -> None:
    """YAML itself forbids it, so the message says to quote it."""
    (tmp_path / "otel-agent.yaml").write_text("service: {name: ${NAME}}")

    (problem,) = load({}, environ={}, directory=tmp_path).problems
    assert problem.endswith('; within { } and [ ] write "${...}" with quotes')


def test_all_mistakes_are_said_at_once_and_the_rest_is_used(tmp_path: Path) -> None:
    """Mistakes come in the order of their lines; what is right takes effect."""
    (tmp_path / "otel-agent.yaml").write_text(
        "service: {name: trader}\nhealth: {port: x, host: 0.0.0.0}\nspool: {max_bytes: -1, level: journal}\nqeue: {}\n"
    )

    loaded = load({}, environ={}, directory=tmp_path)
    assert [2, 3, 4] == [int(line.split(":")[1]) for line in loaded.problems]
    assert ("trader", "0.0.0.0", None, "journal", 268_435_456) == (
        loaded.config.service.name,
        loaded.config.health.host,
        loaded.config.health.port,
        loaded.config.spool.level,
        loaded.config.spool.max_bytes,
    )


def test_an_entry_of_a_list_that_is_wrong_is_left_out(tmp_path: Path) -> None:
    """A log file without a usable path cannot be written; one with a wrong size has the default's."""
    (tmp_path / "otel-agent.yaml").write_text(
        "logs:\n  files:\n    - {path: [a]}\n    - {path: b.log, max_bytes: none}\n    - c.log\n"
    )

    loaded = load({}, environ={}, directory=tmp_path)
    assert [(f"{tmp_path}/b.log", 10_485_760)] == [(file.path, file.max_bytes) for file in loaded.config.logs.files]
    assert [3, 4, 5] == [int(line.split(":")[1]) for line in loaded.problems]


def test_a_working_directory_that_is_gone_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent whose directory was deleted under its feet still starts."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert ((), "/a.log") == (
        (loaded := load({"config": {"logs": {"files": {"path": "a.log"}}}}, environ={})).problems,
        loaded.config.logs.files[0].path,
    )


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A file somebody named must exist; the one nobody named need not."""
    assert ("nowhere.yaml: cannot be read: No such file or directory",) == load(
        {"config": "nowhere.yaml"}, environ={}, directory=tmp_path
    ).problems
    assert () == load({}, environ={}, directory=tmp_path).problems


def test_a_file_that_everybody_can_change_is_a_mistake_but_used(tmp_path: Path) -> None:
    """Under `strict` such a file is refused; otherwise it is used and said."""
    path = tmp_path / "otel-agent.yaml"
    path.write_text("service: {name: a}")
    path.chmod(0o666)

    loaded = load({}, environ={}, directory=tmp_path)
    assert ("otel-agent.yaml: every user of this machine can change it; take that away: chmod o-w",) == loaded.problems
    assert "a" == loaded.config.service.name


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """The start of an agent does not wait for somebody to write into a pipe."""
    import os

    os.mkfifo(tmp_path / "otel-agent.yaml")

    assert ("otel-agent.yaml: cannot be read: is no file",) == load({}, environ={}, directory=tmp_path).problems


def test_a_file_that_is_no_utf_8_is_said_with_its_line(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, and characters YAML forbids, are found by line."""
    path = tmp_path / "otel-agent.yaml"
    path.write_bytes(b"service:\n  name: \xff\n")
    assert ("otel-agent.yaml:2: invalid UTF-8",) == load({}, environ={}, directory=tmp_path).problems

    path.write_bytes(b"service:\n  name: a\n\n  version: \x07\n")
    assert ("otel-agent.yaml:4: invalid YAML: a character that is not allowed",) == load(
        {}, environ={}, directory=tmp_path
    ).problems


def test_no_line_of_a_file_becomes_a_line_of_a_log(tmp_path: Path) -> None:
    """What a message repeats cannot begin a new line or colour a terminal."""
    (tmp_path / "otel-agent.yaml").write_text('"a\\nERROR forged \\e[31m": 1')

    (problem,) = load({}, environ={}, directory=tmp_path).problems
    assert problem.isprintable()
