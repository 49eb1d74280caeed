"""Tries of a fuzzer: a secret in a realistic place, in an encoding or two, in the middle of something else."""

import html
import json
import random
from collections.abc import Callable
from urllib.parse import quote

from secret_placements import TEXTS, planted
from secret_shapes import SHAPED, shaped

from otel_agent.redaction.redactor import Redactor

Encoding = Callable[[str], str]

ENCODINGS: dict[str, Encoding] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, some": quote,
    "JSON": json.dumps,
    "JSON in an object": lambda text: json.dumps({"message": text, "level": "info"}),
    "repr": repr,
    "repr in a list": lambda text: repr(["start", text, 7]),
    "HTML": html.escape,
    "unicode escapes": lambda text: "".join(
        f"\\u{ord(letter):04x}" if letter in "&<>\"'=" else letter for letter in text
    ),
    "upper-case escapes": lambda text: quote(text, safe=" /:?").replace("%2d", "%2D"),
}
SURROUNDINGS = [
    "{}", "{}\n", "2026-11-30 12:00:01 WARNING trader: {}", "first line\n{}\nlast line", "ValueError: {}", "it failed: {} (3 tries)", "[{}]",
    "order 17 filled; {}", "user=bob {}", "{} user=bob", "a\tb\t{}\tc", "> {}", "msg='{}'",
]  # fmt: skip


PLACES = [*TEXTS, *(template for template in SHAPED if template not in TEXTS)]


def attempt(chance: random.Random) -> tuple[str, list[str]]:
    """A text and the secrets in it."""
    secrets: list[str] = []
    template = chance.choice(PLACES)
    if template in TEXTS:
        text = planted(template, chance, secrets)
    else:
        text, secrets = shaped(template, chance)
    for _ in range(chance.choice([0, 1, 1, 1, 2])):
        text = ENCODINGS[chance.choice(list(ENCODINGS))](text)
    # What begins a line in YAML does so in the surroundings too.
    around = chance.choice(SURROUNDINGS if "\n" not in text else [*SURROUNDINGS[:2], "first line\n{}\nlast line"])
    return around.replace("{}", text), secrets


def leaks(tries: int, seed: int) -> list[tuple[str, str]]:
    """Texts with a secret left in them, and what they became."""
    chance = random.Random(seed)
    redactor = Redactor()
    found = []
    for _ in range(tries):
        text, secrets = attempt(chance)
        cleaned = redactor.text(text)
        if any(secret in cleaned for secret in secrets):
            found.append((text, cleaned))
    return found
