"""The way out: addresses, certificates, credentials, destinations, files, queues, redaction."""

import os
import re
from typing import TYPE_CHECKING

from otel_agent.config.grpc_targets import is_grpc_target
from otel_agent.config.relations.addresses import address_problem, is_local, is_plain_http, port_of
from otel_agent.config.relations.draft import SettingsDraft
from otel_agent.config.sections.export import SIGNALS
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.config import masking
else:
    masking = late_module("otel_agent.config.masking")

__all__ = ["fit_export", "fit_files", "fit_queue", "fit_redaction"]

_SCOPES = ("export", *(f"export.{signal}" for signal in SIGNALS))
_OTLP_KEYS = (
    "endpoint",
    "protocol",
    "headers",
    "timeout_s",
    "compression",
    "certificate",
    "client_key",
    "client_certificate",
)
_USUAL = {4317: "grpc", 4318: "http/protobuf"}
_SIGNAL_PATH = r"/v1/(?:traces|metrics|logs)/?$"


def fit_export(draft: SettingsDraft) -> None:
    """
    Addresses are right, and every part of the way out has what it needs.

    Args:
        draft: Changed in place.
    """
    if not draft.given("export."):
        # Nothing about the way out: whether there is one is seen when there is a terminal.
        return
    are_right = [_fit_address(draft, scope) for scope in _SCOPES]
    _fit_targets(draft)
    for scope in _SCOPES:
        _fit_compression(draft, scope)
        _fit_client(draft, scope)
        _fit_credentials(draft, scope)
        _fit_none(draft, scope)
    if all(are_right):
        _fit_destinations(draft)


def _inherited(draft: SettingsDraft, scope: str, key: str) -> tuple[str, object]:
    """The setting that counts for a scope: its path and its value."""
    own = draft.value(f"{scope}.{key}")
    return (f"{scope}.{key}", own) if own is not None else (f"export.{key}", draft.value(f"export.{key}"))


def _fit_address(draft: SettingsDraft, scope: str) -> bool:
    """Whether it is right, or not given."""
    path = f"{scope}.endpoint"
    if not draft.is_given(path):
        return True
    url, protocol = draft.value(path), str(_inherited(draft, scope, "protocol")[1])
    problem = address_problem(url, protocol)
    if problem is not None:
        draft.problem(path, problem)
        draft.drop(path)
        return False
    usual = _USUAL.get(port_of(url) or 0, protocol)
    if usual != protocol:
        draft.warn(
            path,
            f"port {port_of(url)} is that of {usual}, and {protocol} is spoken; write protocol: {usual}, or another port",
        )
    if scope == "export" and protocol != "grpc" and re.search(_SIGNAL_PATH, url):
        base = re.sub(_SIGNAL_PATH, "", url)
        draft.warn(
            path,
            f"the path of a signal is appended to it: {masking.masked_url(base)} is used; write it without the path",
        )
        draft.put(path, base)
    return True


def _fit_targets(draft: SettingsDraft) -> None:
    """A signal that inherits a target of gRPC speaks gRPC."""
    for signal in SIGNALS:
        where, url = _inherited(draft, f"export.{signal}", "endpoint")
        path, protocol = _inherited(draft, f"export.{signal}", "protocol")
        if isinstance(url, str) and is_grpc_target(url) and protocol != "grpc":
            draft.problem(path, f"{where} is {url}, which only grpc reaches; grpc is spoken")
            draft.put(path, "grpc")


def _fit_compression(draft: SettingsDraft, scope: str) -> None:
    path, compression = _inherited(draft, scope, "compression")
    where, protocol = _inherited(draft, scope, "protocol")
    if compression == "deflate" and protocol == "grpc":
        draft.problem(path, f"deflate cannot be used with grpc, which {where} says; gzip is used")
        draft.put(path, "gzip")


def _fit_client(draft: SettingsDraft, scope: str) -> None:
    key, certificate = _inherited(draft, scope, "client_key"), _inherited(draft, scope, "client_certificate")
    for (path, value), (other, missing) in ((key, certificate), (certificate, key)):
        if value is not None and missing is None:
            draft.problem(path, f"is of no use alone; give {other} too")
            draft.drop(path)
    for name in ("certificate", "client_key", "client_certificate"):
        path = f"{scope}.{name}"
        if draft.is_given(path) and not os.path.isfile(draft.value(path)):  # noqa: PTH113 - texts in, texts out
            # The setting stays: without it the system's certificates would be trusted instead of the one that was asked for.
            draft.problem(path, f"there is no file {draft.value(path)}")


def _fit_credentials(draft: SettingsDraft, scope: str) -> None:
    path, url = _inherited(draft, scope, "endpoint")
    headers, values = _inherited(draft, scope, "headers")
    if not isinstance(url, str) or not is_plain_http(url):
        return
    for name in ("certificate", "client_key", "client_certificate"):
        draft.warn_without_effect(f"{scope}.{name}", f"{path} has the scheme http, which knows no certificates")
    if values and not is_local(url) and not _inherited(draft, scope, "insecure")[1]:
        draft.warn(
            headers,
            f"they travel to {masking.masked_url(url)} in clear text; use https, or say that it is wanted with export.insecure: true",
        )


def _fit_none(draft: SettingsDraft, scope: str) -> None:
    to = draft.value(f"{scope}.to")
    if to is not None and "none" in to and len(to) > 1:
        draft.warn(f"{scope}.to", "none has no effect beside others; leave it out, or leave the others out")


def _fit_destinations(draft: SettingsDraft) -> None:
    """What is said about OTLP, a file or the spool needs a signal that goes there."""
    decided = [_inherited(draft, f"export.{signal}", "to")[1] for signal in SIGNALS]
    everywhere = {one for to in decided if isinstance(to, tuple) for one in to}
    has_address = any(
        to is None and _inherited(draft, f"export.{signal}", "endpoint")[1]
        for signal, to in zip(SIGNALS, decided, strict=True)
    )
    if "otlp" not in everywhere and not has_address:
        because = (
            "there is no export.endpoint, and export.to does not say otlp"
            if None in decided
            else "nothing goes to otlp; see export.to"
        )
        for scope in _SCOPES:
            for key in _OTLP_KEYS:
                draft.warn_without_effect(f"{scope}.{key}", because)
        if "file" not in everywhere:
            for key in ("directory", "level", "max_bytes"):
                draft.warn_without_effect(f"spool.{key}", "nothing is sent that could wait")
    if "file" not in everywhere:
        for scope in _SCOPES:
            draft.warn_without_effect(f"{scope}.file", "nothing goes to file; see export.to")
    if not draft.value("logs.export"):
        for path in draft.given("export.logs."):
            draft.warn_without_effect(path, "logs.export is off")


def fit_files(draft: SettingsDraft) -> None:
    """
    Every log file is written once.

    Args:
        draft: Changed in place.
    """
    seen: dict[str, object] = {}
    for file in draft.value("logs.files"):
        if file.path in seen:
            draft.problem("logs.files", f"{file.path} stands there twice; the first is used")
        else:
            seen[file.path] = file
    if len(seen) < len(draft.value("logs.files")):
        draft.put("logs.files", tuple(seen.values()))


def fit_queue(draft: SettingsDraft) -> None:
    """
    A batch fits into the queue it is taken from.

    Args:
        draft: Changed in place.
    """
    path = min(("queue.spans", "queue.logs"), key=draft.value)
    least, batch = draft.value(path), draft.value("queue.batch")
    if batch > least:
        if draft.is_given("queue.batch"):
            draft.problem("queue.batch", f"expected at most {path}, which is {least}, found {batch}")
        draft.put("queue.batch", least, draft.origin(path))


def fit_redaction(draft: SettingsDraft) -> None:
    """
    Every pattern can be understood.

    Args:
        draft: Changed in place.
    """
    usable = []
    for position, pattern in enumerate(draft.value("redact.values")):
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            draft.problem("redact.values", f"entry {position + 1} is no regular expression: {error}")
        else:
            usable.append(pattern)
    if len(usable) < len(draft.value("redact.values")):
        draft.put("redact.values", tuple(usable))
