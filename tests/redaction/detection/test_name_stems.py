"""Stems of names: no name that the rules know is without one, and ordinary words are."""

import pytest

from otel_agent.redaction.detection.name_stems import has_stem, is_speaking


@pytest.mark.parametrize(
    "name",
    [
        "password", "dbPassword", "PASSWD", "pwd", "secret", "api_key", "X-Api-Key", "accessToken", "credentials", "Cookie", "csrf", "jwt", "ssn", "cvv",
        "card_number", "mnemonic", "seed_phrase", "otp", "sid", "signature", "wallet", "private", "psk", "bearer", "access_code", "code_verifier", "GH_PAT",
        "appid", "fernet", "license", "rememberMe", "passwort", "kennwort", "senha", "wachtwoord", "mdp", "contrase\u00f1a", "\u043f\u0430\u0440\u043e\u043b\u044c", "\\u5bc6\\u7801",
    ],
)  # fmt: skip
def test_every_secret_name_has_a_stem(name: str) -> None:
    """Whatever its case, also in other languages, and as JSON writes those."""
    assert has_stem(f"x {name} y")
    assert is_speaking(name)


@pytest.mark.parametrize(
    "text", ["order 17 filled at 101.25", "GET /v1/orders", "it is done", "na\u00efve", "\\u00e4nderung", "BTC/USD"]
)
def test_ordinary_words_have_none(text: str) -> None:
    """Nor are they options or schemes."""
    assert not has_stem(text)
    assert not is_speaking(text)


@pytest.mark.parametrize("text", ["-p", "x -u", "['-p'", "Basic", "BEARER", "add-mask", "vault", "net"])
def test_options_and_schemes_speak_of_the_next_word(text: str) -> None:
    """They are no names, and what stands behind them may be a secret."""
    assert is_speaking(text)
