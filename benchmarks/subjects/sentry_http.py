"""sentry-sdk, `start_span`, every transaction sampled."""

from subjects import FIVE, Subject


def start(endpoint: str) -> Subject:
    """A data source name that points to the local sink."""
    import sentry_sdk

    sentry_sdk.init(dsn=endpoint.replace("://", "://key@") + "/1", traces_sample_rate=1.0)

    def traced() -> None:
        with sentry_sdk.start_span(op="function", name="decide"):
            pass

    def traced5() -> None:
        with sentry_sdk.start_span(op="function", name="decide") as span:
            for key, value in FIVE.items():
                span.set_data(key, value)

    return Subject(lambda: sentry_sdk.start_transaction(name="root"), traced, traced5, lambda: sentry_sdk.flush(10))
