"""openlit, its trace decorator, with a local price list so that it does not download one."""

import tempfile
from pathlib import Path

from subjects import FIVE, Subject


def start(endpoint: str) -> Subject:
    """Metrics off."""
    prices = Path(tempfile.mkdtemp()) / "prices.json"
    prices.write_text("{}")
    import openlit
    from opentelemetry import trace

    openlit.init(otlp_endpoint=endpoint, application_name="bench", pricing_json=str(prices), disable_metrics=True)

    @openlit.trace
    def traced() -> None:
        pass

    @openlit.trace
    def traced5() -> None:
        span = trace.get_current_span()
        for key, value in FIVE.items():
            span.set_attribute(key, value)

    tracer = trace.get_tracer("bench")
    return Subject(
        lambda: tracer.start_as_current_span("root"), traced, traced5, trace.get_tracer_provider().force_flush
    )
