"""
The kinds of values a setting can have: their ranges, and what a loader has to know beyond the type.

A kind is a type with `msgspec.Meta`. Ranges are read by the loader, the JSON Schema and the reference page alike. `extra`
marks two things: `secret`, a value that no message, explanation or log line may show, and `path`, a file or directory that is
made absolute when it is read; `"beside"` means beside the file the setting stands in (for what is read), `"here"` in the
working directory of the process (for what is written).
"""

from typing import Annotated, Any, Literal

from msgspec import Meta

__all__ = [
    "Addresses",
    "Compression",
    "Count",
    "Destination",
    "HeaderName",
    "HeaderValue",
    "Name",
    "NotNegative",
    "Port",
    "Protocol",
    "ReadPath",
    "Seconds",
    "Secret",
    "Share",
    "Size",
    "Url",
    "Whole",
    "WrittenPath",
]

Name = Annotated[str, Meta(min_length=1)]
"""A text that is not empty."""

Seconds = Annotated[float, Meta(gt=0)]
"""A length of time in seconds, more than 0."""

NotNegative = Annotated[float, Meta(ge=0)]
"""A number of at least 0."""

Share = Annotated[float, Meta(ge=0, le=1)]
"""A ratio from 0 to 1."""

Count = Annotated[int, Meta(ge=1)]
"""A whole number of at least 1."""

Whole = Annotated[int, Meta(ge=0)]
"""A whole number of at least 0."""

Size = Annotated[int, Meta(ge=1)]
"""A number of bytes, at least 1."""

Port = Annotated[int, Meta(ge=0, le=65535)]
"""A TCP port; 0 lets the system choose a free one."""

Url = Annotated[str, Meta(min_length=1, extra={"url": True})]
"""An address; the part before an @ is never shown."""

Secret = Annotated[str, Meta(extra={"secret": True})]
"""A text that is never shown."""

HeaderName = Annotated[
    str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", description="the name of a header", extra={"lower": True})
]
"""Name of an HTTP header; upper and lower case are the same."""

HeaderValue = Annotated[
    str, Meta(pattern=r"^[\t\x20-\x7e]*$", description="a text of printable ASCII characters", extra={"secret": True})
]
"""Value of an HTTP header; never shown."""

Addresses = Annotated[dict[str, Any], Meta(extra={"secret": True})]
"""Settings of somebody who is told; what stands in them is shown only as far as it gives nothing away."""

ReadPath = Annotated[str, Meta(min_length=1, extra={"path": "beside"})]
"""A file that is read; relative to the file the setting stands in, otherwise to the working directory."""

WrittenPath = Annotated[str, Meta(min_length=1, extra={"path": "here"})]
"""A file or directory that is written; relative to the working directory."""

Destination = Literal["otlp", "console", "file", "none"]
"""A way out for telemetry."""

Protocol = Literal["http/protobuf", "grpc"]
"""How OTLP travels."""

Compression = Literal["gzip", "none", "deflate"]
"""How a request is compressed."""
