"""What is wrong with the address of a receiver."""

import pytest
from relations_rig import with_config


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://", "expected an address such as http://127.0.0.1:4318"),
        ("collector", "has no scheme"),
        ("http://a b", "expected an address"),
        ("http://a:0", "is no port"),
        ("http://a:port", "is no port"),
        ("http://:4318", "expected an address"),
        ("http://[a]:4318", "expected an address"),
        ("http://user:s3cret@a:port", "is no port"),
        ("user:s3cret@a", "has no scheme"),
        ("http://u:s3cret@", "expected an address"),
    ],
)
def test_a_wrong_address_is_said_without_its_credentials(url: str, words: str) -> None:
    """One clear line, and the agent goes on without it."""
    loaded = with_config({}, endpoint=url)

    assert None is loaded.config.export.endpoint
    assert words in loaded.problems[0]
    assert "s3cret" not in loaded.problems[0]


@pytest.mark.parametrize(
    "url", ["http://a", "https://a.b:1/c?d=e", "HTTP://A", "http://u:p@a:1", "http://[::1]:4318", "http://a:4318/"]
)
def test_right_addresses_are_taken(url: str) -> None:
    """With or without port, path, query and credentials."""
    assert (url, ()) == ((loaded := with_config({}, endpoint=url)).config.export.endpoint, loaded.problems)
