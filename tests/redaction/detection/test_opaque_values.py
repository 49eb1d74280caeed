"""Words that look made by a machine are told from words that people write."""

import pytest

from otel_agent.redaction.detection.opaque_values import is_opaque


@pytest.mark.parametrize(
    "word",
    ["7fQx2LmZ9k", "a1b2c3d4e5", "Kx9mPq2Rt7", "abcDef7ghIj", "9f86d081884c7d659a2feaa0c55ad015", "x-7fQx2LmZ9k-y", "QmFzZTY0c3R1ZmY="],
)  # fmt: skip
def test_letters_and_digits_through_each_other_are_opaque(word: str) -> None:
    """Of both cases with a digit, with several changes, or hexadecimal digits of a hash."""
    assert is_opaque(word)


@pytest.mark.parametrize(
    "word",
    [
        "", "refresh", "db-creds", "db-password-2", "hunter2", "1234567890123", "2026-01-05T09:30:00Z", "20260105T093000Z", "3.14159265",
        "8f14e45f-ceea-467a-9575-1c8f0f2f2ad3", "0x742d35Cc6634C0532925a3b844Bc454e4438f44e", "CamelCaseName", "snake_case_name", "v1.2.3-rc4",
        "gpt-4o-2024-08-06", "test_auth.py::test_token", "k8s-prod-eu1",
    ],
)  # fmt: skip
def test_words_numbers_ids_and_versions_are_not(word: str) -> None:
    """Names, dates, UUIDs, addresses of a chain, models, tests."""
    assert not is_opaque(word)
