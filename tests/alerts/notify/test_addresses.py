"""Nothing goes where it must not: addresses of receivers are checked by what they stand for."""

import pytest

from otel_agent.alerts.notify.addresses import ReceiverAddress, checked_ip
from otel_agent.errors import RuleError


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/x", "is http; use https"),
        ("ftp://example.com", "begins with https://"),
        ("https://", "begins with https://"),
        ("https://user:pass@example.com", "holds a password"),
        ("https://example.com:99999/x", "an invalid port"),
    ],
)
def test_urls_that_cannot_be_used_are_refused_without_being_shown(url: str, reason: str) -> None:
    """The reason is said, the URL is not: it may hold a secret."""
    with pytest.raises(RuleError) as caught:
        ReceiverAddress(url)

    assert reason in str(caught.value)
    assert "example.com" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "allow_private", "is_allowed"),
    [
        ("93.184.216.34", False, True),
        ("127.0.0.1", False, False),
        ("10.1.2.3", False, False),
        ("100.64.0.1", False, False),
        ("169.254.1.1", False, False),
        ("::1", False, False),
        ("fd12::1", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("0.0.0.0", True, False),
        ("224.0.0.1", True, False),
        ("169.254.169.254", True, False),
        ("::ffff:169.254.169.254", True, False),
        ("100.100.100.200", True, False),
        ("fd00:ec2::254", True, False),
        ("127.0.0.1", True, True),
        ("10.1.2.3", True, True),
    ],
)
def test_every_address_is_checked(address: str, *, allow_private: bool, is_allowed: bool) -> None:
    """Private addresses need permission; those of a machine's metadata are never allowed, in any disguise."""
    receiver = ReceiverAddress("https://hook.test/x", allow_private=allow_private)
    try:
        found: str | None = checked_ip(receiver, lambda *_: [address])
    except PermissionError:
        found = None

    assert (address if is_allowed else None) == found


def test_one_bad_address_among_good_ones_is_enough() -> None:
    """A name that stands for a public and a private address is refused, and metadata by its name too."""
    with pytest.raises(PermissionError, match="allow_private permits that"):
        checked_ip(ReceiverAddress("https://hook.test"), lambda *_: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(PermissionError, match="metadata"):
        checked_ip(ReceiverAddress("https://metadata.google.internal"), lambda *_: ["93.184.216.34"])
    with pytest.raises(PermissionError, match="use https"):
        checked_ip(ReceiverAddress("http://hook.test", allow_private=True), lambda *_: ["93.184.216.34"])


def test_an_address_shows_its_host_and_nothing_else() -> None:
    """Paths of webhooks are secrets, so they are in no text of the object; ports follow the scheme."""
    receiver = ReceiverAddress("https://hook.test/services/s3cret?k=1")

    assert "ReceiverAddress(hook.test:443)" == repr(receiver)
    assert ("hook.test", 443, "/services/s3cret?k=1", True) == (
        receiver.host,
        receiver.port,
        receiver.path,
        receiver.is_tls,
    )
