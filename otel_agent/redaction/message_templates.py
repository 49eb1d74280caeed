"""
Message templates, before arguments are filled in: whether the filled text can hold a secret that no argument holds alone.

`order %s filled at %.2f` cannot: its arguments stand between blanks. `password=%s`, `Bearer %s`, `%s=%s` and `%s-%s` can, so
their filled texts are looked at instead. For the others it is enough to look at the arguments, most of which are numbers.
"""

import re
from collections.abc import Iterator
from functools import partial
from itertools import count

from otel_agent.redaction.detection.secret_names import HARMLESS, SecretNames
from otel_agent.redaction.text_redactor import TextRedactor

__all__ = ["MessageTemplates"]

MAX_REMEMBERED = 4096
"""Templates remembered before all are forgotten."""

_PLACEHOLDER = re.compile(r"%(?:\([^)\n]{0,64}\))?[#0 +-]{0,5}(?:\d{1,4}|\*)?(?:\.(?:\d{1,4}|\*))?[hlL]?[a-zA-Z%]")
_NAME = re.compile(r"(?<![\w.-])([A-Za-z_][\w.-]{0,63})[\"']?[ \t]{0,4}[=:][ \t]{0,4}[\"']?\Z")
_LAST_WORD = re.compile(r"(?:\A|[\s,;(\[{])([A-Za-z]{1,32})[ \t]{1,4}[\"'(\[]?\Z")
_SEPARATORS = frozenset(" \t\n,;([{\"'")
_ENDS = frozenset(" \t\n,;)]}!?%\"'")
_PROBE = "x1" * 10
"""Stands for any argument: as long and as odd as what only a name makes a secret of."""

_CARD_PROBE = "4539148803436467"
_NAME_PROBE = "api_key"
"""Stands for an argument that names the next one: `{"name": "%s", "value": "%s"}`."""

_MAX_PROBES = 8
_LOOK_BACK = 80


class MessageTemplates:
    """
    Judges templates once.

    Thread-safe without a lock: a race means that one is judged twice.

    Args:
        names: The rules for names.
        texts: The rules for texts.
    """

    def __init__(self, names: SecretNames, texts: TextRedactor) -> None:
        self._names = names
        self._texts = texts
        self._known: dict[str, bool] = {}

    def is_inert(self, template: str) -> bool:
        """
        Whether it is enough to look at the arguments.

        Args:
            template: A message with placeholders of `%` formatting.
        """
        known = self._known.get(template)
        if known is None:
            known = not self._texts.has_custom and self._judge(template)
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[template] = known
        return known

    def _judge(self, template: str) -> bool:
        end = 0
        for match in _PLACEHOLDER.finditer(template):
            between = template[end : match.start()]
            if match[0] != "%%":
                if end and not between.strip(" -"):
                    return False
                if not self._stands_alone(between[-_LOOK_BACK:], template[match.end() : match.end() + 2]):
                    return False
            end = match.end()
        return all(self._texts.clean(probe) is probe for probe in _probes(template))

    def _stands_alone(self, before: str, after: str) -> bool:
        if after and after[0] not in _ENDS and not (after[0] in ".:" and after[1:].strip() == ""):
            return False
        named = _NAME.search(before)
        if named is not None:
            return self._names.rule(named[1]) is HARMLESS
        if before and before[-1] not in _SEPARATORS:
            return False
        if before.rstrip("\"' ([{").endswith(("=", ":", "-")) or before.rstrip()[-1:].isdigit():
            return False
        word = _LAST_WORD.search(before)
        return word is None or word[1].lower() not in {"bearer", "basic"}


def _probes(template: str) -> Iterator[str]:
    """Texts that a template may become: with a token, with a card's number, with a secret's name in each place in turn."""
    yield _PLACEHOLDER.sub(_PROBE, template)
    yield _PLACEHOLDER.sub(_CARD_PROBE, template)
    for turn in range(min(template.count("%") - 1, _MAX_PROBES)):
        yield _PLACEHOLDER.sub(partial(_name_in_turn, count(), turn), template)


def _name_in_turn(places: Iterator[int], turn: int, placeholder: re.Match[str]) -> str:
    if placeholder[0] == "%%":
        return "%"
    return _NAME_PROBE if next(places) == turn else _PROBE
