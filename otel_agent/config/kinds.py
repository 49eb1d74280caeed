"""
The kinds of values a setting can have: their ranges, and what a loader has to know beyond the type.

A kind is a type with `msgspec.Meta`. Ranges are read by the loader, the JSON Schema and the reference page alike. `extra` marks:

    secret    a value that no message, explanation or log line may show
    receiver  an address of somebody who is told, of which only the host may be shown
    url       an address whose credentials may not be shown
    path      a file or directory that is made absolute when it is read: "beside" the file the setting stands in (for what is
              read), or "here", in the working directory of the process (for what is written)
    length    a length of time may be written with its units: 1h30m; `number` says whether other numbers are right as well
    scalar    a Python number or boolean is taken as the string it would be in YAML
    name      what YAML takes for a number or a boolean is no such name
    lower     upper and lower case are the same
    filled    the reader fills it in; it is no setting
"""

from typing import Annotated, Literal

from msgspec import Meta

__all__ = [
    "Compression",
    "Count",
    "Destination",
    "Duration",
    "FilledPath",
    "FunctionPath",
    "HeaderName",
    "HeaderValue",
    "LabelValue",
    "MetricName",
    "ModuleName",
    "Name",
    "NotNegative",
    "Percentage",
    "Port",
    "Protocol",
    "Quantity",
    "ReadPath",
    "ReceiverUrl",
    "RuleName",
    "Seconds",
    "Secret",
    "SecretValue",
    "Share",
    "Size",
    "Url",
    "Whole",
    "WrittenPath",
]

Name = Annotated[str, Meta(min_length=1)]
"""A string that is not empty."""

ModuleName = Annotated[
    str,
    Meta(
        pattern=r"^!?[^\d\s!]\S*$",
        description="a name of a module such as trader, trader.* or !trader.feed",
    ),
]
"""A module with everything below it; what begins with ! is taken away."""

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

FunctionPath = Annotated[
    str,
    Meta(
        pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*$",
        description="a module and a function of it, such as trader.alerts:page",
    ),
]
"""A function of the agent's: its module, a colon, its name in it."""

Secret = Annotated[str, Meta(extra={"secret": True})]
"""A string that is never shown."""

HeaderName = Annotated[
    str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", description="the name of a header", extra={"lower": True})
]
"""Name of an HTTP header; upper and lower case are the same."""

HeaderValue = Annotated[
    str, Meta(pattern=r"^[\t\x20-\x7e]*$", description="a string of printable ASCII characters", extra={"secret": True})
]
"""Value of an HTTP header; never shown."""

SecretValue = Annotated[str, Meta(extra={"secret": True, "scalar": True})]
"""A string that is never shown, and may be written as a number."""

ReceiverUrl = Annotated[str, Meta(min_length=1, extra={"receiver": True})]
"""An address of somebody who is told; only its host is shown, because paths of such addresses hold tokens."""

LabelValue = Annotated[str, Meta(extra={"scalar": True})]
"""Value of a label, or a pattern for it; a number or a boolean is taken as it is written."""

RuleName = Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", description="a name of letters, digits and _")]
"""Name of an alert."""

MetricName = Annotated[str, Meta(min_length=1, description="the name of a metric", extra={"name": True})]
"""Name of a metric."""

Duration = Annotated[float, Meta(ge=0, extra={"length": True, "number": False})]
"""A length of time in seconds; written as 30s, 5m or 1h30m, or as a number of seconds."""

Quantity = Annotated[float, Meta(extra={"length": True, "number": True})]
"""A number; a length of time such as 250ms counts in seconds."""

Percentage = Annotated[float, Meta(gt=0, lt=100)]
"""A percentage between 0 and 100, neither of them."""

FilledPath = Annotated[str, Meta(extra={"filled": True})]
"""Where an entry stands; filled in by the reader."""

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
