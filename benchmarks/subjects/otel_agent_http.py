"""otel-agent with everything that is on by default: durations, guards, redaction; OTLP over HTTP."""

from typing import Any

from subjects import FIVE, Subject


def start(endpoint: str) -> Subject:
    """One call."""
    import otel_agent

    otel_agent.init(service_name="bench", endpoint=endpoint, spool=False, instrument=False)
    from opentelemetry import trace

    @otel_agent.traced("decide")
    def traced() -> None:
        pass

    @otel_agent.traced("decide")
    def traced5() -> None:
        span = trace.get_current_span()
        for key, value in FIVE.items():
            span.set_attribute(key, value)

    @otel_agent.traced("decide")
    async def coroutine() -> None:
        pass

    @otel_agent.traced("decide")
    def generator() -> Any:
        yield

    import logging

    logger = logging.getLogger("bench")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.NullHandler())

    def log() -> None:
        logger.info("order %s at %s", "A1", 101.25, extra={"symbol": "ACME", "size": 300, "venue": "XNYS"})

    # As the other subjects: what is queued, without a further collection of metrics.
    provider: Any = trace.get_tracer_provider()
    log.flush = lambda: provider.force_flush(10_000)  # type: ignore[attr-defined]
    return Subject(
        lambda: otel_agent.span("root"),
        traced,
        traced5,
        lambda: provider.force_flush(10_000),
        coroutine,
        generator,
        log,
    )
