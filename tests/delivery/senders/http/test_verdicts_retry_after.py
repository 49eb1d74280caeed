"""How long a receiver asks to be left alone."""

from otel_agent.delivery.senders.http.verdicts import retry_after_s


def test_a_date_is_a_wish_too() -> None:
    """`Retry-After` may be a date; one in the past means now, and none means for longer than an hour."""
    assert 60.0 == retry_after_s("Thu, 01 Jan 1970 00:02:00 GMT", 60.0)
    assert 0.0 == retry_after_s("Thu, 01 Jan 1970 00:00:10 GMT", 60.0)
    assert 3600.0 == retry_after_s("1e9", 0.0)
    assert retry_after_s("nan", 0.0) is None
    assert retry_after_s(None, 0.0) is None
