"""
What responses over HTTP and gRPC have in common: partial success, the receiver's words, and how long it may ask to be left alone.

Source: https://opentelemetry.io/docs/specs/otlp/#partial-success
"""

from otel_agent.delivery.payloads import fields

__all__ = ["MAX_RETRY_AFTER_S", "partial_success", "printable_words", "varint_value"]

MAX_RETRY_AFTER_S = 3_600.0
"""A receiver that asks for more is asked again after this."""

MAX_WORDS_CHARS = 200
"""Characters of a receiver's words that are shown."""


def partial_success(response: bytes) -> tuple[int, str]:
    """
    How many records a receiver left out of a request it took, and why.

    Args:
        response: The bytes of an ExportTraceServiceResponse or one of its two sisters; all have one shape.

    Returns:
        Records left out, and the receiver's words; 0 with words is a warning.

    Raises:
        ValueError: These are not such bytes.
    """
    rejected, words = 0, ""
    for part in fields(response):
        if part.number != 1 or part.wire_type != 2:  # noqa: PLR2004 - length-delimited
            continue
        for inner in fields(response, part.content, part.end):
            if inner.number == 1 and inner.wire_type == 0:
                count = varint_value(response[inner.content : inner.end])
                rejected = 0 if count >= 1 << 63 else count  # below zero, as two's complement
            elif inner.number == 2 and inner.wire_type == 2:  # noqa: PLR2004 - length-delimited
                words = response[inner.content : inner.end].decode("utf-8", "replace")
    return rejected, words


def printable_words(words: str) -> str:
    """
    A receiver's words as the rest of a sentence: cut, and without what could steer a terminal; empty when it said nothing.

    Args:
        words: As they came.
    """
    text = "".join(character if character.isprintable() else " " for character in words[:MAX_WORDS_CHARS]).strip()
    return f", it says {text!r}" if text else ""


def varint_value(content: bytes) -> int:
    """
    The number that a varint stands for, unsigned.

    Args:
        content: All bytes of the varint.
    """
    return sum((byte & 127) << 7 * place for place, byte in enumerate(content))
