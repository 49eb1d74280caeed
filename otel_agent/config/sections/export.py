"""
Where telemetry goes: `export`.

Every setting of `ExportSettings` counts for all three signals; `traces`, `metrics` and `logs` hold what differs for one of them.
`ExportSettings.for_signal` answers what counts for a signal, `ExportSettings.destinations` where it goes.
"""

from msgspec import field

from otel_agent.config.grpc_targets import is_grpc_target, is_local_target
from otel_agent.config.kinds import (
    Compression,
    Destination,
    HeaderName,
    HeaderValue,
    Protocol,
    ReadPath,
    Seconds,
    Url,
    WrittenPath,
)
from otel_agent.config.sections.section import Section

__all__ = ["SIGNALS", "ExportSettings", "ResolvedExportSettings", "SignalExportSettings"]

SIGNALS = ("traces", "metrics", "logs")
"""The three kinds of telemetry."""

_PORTS = {"http/protobuf": 4318, "grpc": 4317}


class SignalExportSettings(Section, frozen=True, kw_only=True):
    """What differs for one signal; None everywhere means as `export` says."""

    to: tuple[Destination, ...] | None = None
    """Where it goes: any of otlp, console, file, none; None: as `export.to`."""
    endpoint: Url | None = None
    """Full URL the signal is sent to, used as it is: nothing is appended. None: `export.endpoint` and the signal's path."""
    protocol: Protocol | None = None
    """`http/protobuf` or `grpc`; None: as `export.protocol`."""
    headers: dict[HeaderName, HeaderValue] | None = None
    """Sent with every request instead of `export.headers`; None: as `export.headers`."""
    timeout_s: Seconds | None = None
    """Longest time for one request, in seconds; None: as `export.timeout_s`."""
    compression: Compression | None = None
    """`gzip`, `deflate` or `none`; None: as `export.compression`."""
    certificate: ReadPath | None = None
    """File with the certificates that are trusted; None: as `export.certificate`."""
    client_key: ReadPath | None = None
    """File with the client's private key; None: as `export.client_key`."""
    client_certificate: ReadPath | None = None
    """File with the client's certificate; None: as `export.client_certificate`."""
    insecure: bool | None = None
    """Whether TLS can be left out; None: as `export.insecure`."""
    file: WrittenPath | None = None
    """File the destination `file` writes; None: as `export.file`."""


class ResolvedExportSettings(Section, frozen=True, kw_only=True):
    """What counts for one signal, nothing left open."""

    url: Url
    """Where OTLP is sent. With `http/protobuf` the whole URL; with `grpc` scheme, host and port, or a target of gRPC."""
    protocol: str
    """`http/protobuf` or `grpc`."""
    headers: dict[HeaderName, HeaderValue]
    """Sent with every request; names in lower case."""
    timeout_s: float
    """Longest time for one request, in seconds."""
    compression: str
    """`gzip`, `deflate` or `none`."""
    certificate: str | None
    """File with the certificates that are trusted; None: the system's."""
    client_key: str | None
    """File with the client's private key; None: no client certificate."""
    client_certificate: str | None
    """File with the client's certificate; None: no client certificate."""
    insecure: bool
    """Whether credentials may travel, and an address without a scheme be reached, without TLS."""
    file: str
    """File the destination `file` writes."""


class ExportSettings(Section, frozen=True, kw_only=True):
    """Where telemetry goes and how."""

    to: tuple[Destination, ...] | None = None
    """
    Where it goes: any of otlp, console, file, none. None: OTLP when there is an endpoint; otherwise a tree and a summary on
    the terminal when there is one, else nowhere.
    """
    endpoint: Url | None = None
    """
    Base URL of an OTLP receiver, such as `http://127.0.0.1:4318`; `/v1/traces`, `/v1/metrics` and `/v1/logs` are appended for
    `http/protobuf`. With `grpc` also a target such as `unix:/run/otel.sock`, `dns:collector:4317`, `ipv4:10.0.0.1:4317` or
    `ipv6:[::1]:4317`. None: nothing is sent, unless `to` says otlp: then to the local host at port 4318 (gRPC: 4317).
    """
    protocol: Protocol = "http/protobuf"
    """How OTLP travels: `http/protobuf` or `grpc`."""
    headers: dict[HeaderName, HeaderValue] = field(default_factory=dict)
    """Sent with every request, by name; values are secrets and never shown. `${file:/run/secrets/token}` reads one."""
    timeout_s: Seconds = 10.0
    """Longest time for one request, in seconds."""
    compression: Compression | None = None
    """
    How a request is compressed: `gzip`, `deflate` (not with gRPC) or `none`. None: `gzip`, but `none` to a receiver on this
    machine, where bytes cost less than packing them.
    """
    certificate: ReadPath | None = None
    """File with the certificates that are trusted (PEM); None: the system's."""
    client_key: ReadPath | None = None
    """File with the client's private key (PEM), together with `client_certificate`; None: no client certificate."""
    client_certificate: ReadPath | None = None
    """File with the client's certificate (PEM), together with `client_key`; None: no client certificate."""
    insecure: bool = False
    """
    Whether TLS can be left out: an endpoint without a scheme (gRPC) is reached in clear text, and headers may travel over
    plain http to another host without a warning.
    """
    file: WrittenPath = "telemetry.jsonl"
    """File that the destination `file` writes: OTLP as JSON, one request a line."""
    traces: SignalExportSettings = SignalExportSettings()
    """What differs for traces."""
    metrics: SignalExportSettings = SignalExportSettings()
    """What differs for metrics."""
    logs: SignalExportSettings = SignalExportSettings()
    """What differs for logs."""

    def for_signal(self, signal: str) -> ResolvedExportSettings:
        """
        What counts for one signal.

        Args:
            signal: One of `SIGNALS`.

        Returns:
            Its own settings where it has some, otherwise those for all; with the URL it is sent to.
        """
        own: SignalExportSettings = getattr(self, signal)
        protocol = own.protocol or self.protocol
        headers = self.headers if own.headers is None else own.headers
        return ResolvedExportSettings(
            url=self._url(own, signal, protocol),
            protocol=protocol,
            headers=dict(headers),
            timeout_s=own.timeout_s or self.timeout_s,
            compression=own.compression or self.compression or self._compression(own, signal, protocol),
            certificate=own.certificate or self.certificate,
            client_key=own.client_key or self.client_key,
            client_certificate=own.client_certificate or self.client_certificate,
            insecure=self._is_insecure(own),
            file=own.file or self.file,
        )

    def destinations(self, signal: str, *, has_terminal: bool) -> tuple[str, ...]:
        """
        Where one signal goes.

        Args:
            signal: One of `SIGNALS`.
            has_terminal: Whether somebody can read what is written to the terminal.

        Returns:
            Any of otlp, console and file; empty for nowhere.
        """
        own: SignalExportSettings = getattr(self, signal)
        chosen = self.to if own.to is None else own.to
        if chosen is not None:
            return tuple(one for one in chosen if one != "none")
        if own.endpoint or self.endpoint:
            return ("otlp",)
        elsewhere = any(getattr(self, other).endpoint for other in SIGNALS)
        return ("console",) if has_terminal and not elsewhere else ()

    def _is_insecure(self, own: SignalExportSettings) -> bool:
        return self.insecure if own.insecure is None else own.insecure

    def _compression(self, own: SignalExportSettings, signal: str, protocol: str) -> str:
        url = self._url(own, signal, protocol)
        if is_grpc_target(url):
            return "none" if is_local_target(url) else "gzip"
        host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        is_here = host.startswith(("localhost", "127.", "[::1]"))
        return "none" if is_here else "gzip"

    def _url(self, own: SignalExportSettings, signal: str, protocol: str) -> str:
        url = own.endpoint or self.endpoint or f"http://localhost:{_PORTS[protocol]}"
        if protocol == "grpc" and is_grpc_target(url):
            return url
        if "://" not in url:
            url = f"{'http' if self._is_insecure(own) else 'https'}://{url}"
        if protocol == "grpc" or own.endpoint:
            return url
        base, question, query = url.partition("?")
        return f"{base.rstrip('/')}/v1/{signal}{question}{query}"
