"""
The redactor of values: texts wherever they are nested, and whole values whose name is a secret's.

A value that needs no change stays the same object. What an encoder would turn into text anyway (a Decimal, a path, an
object with a `__str__`) is turned into text here, because the text may hold a secret that the object hides.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from numbers import Number
from typing import Any

from otel_agent.guard import shared
from otel_agent.redaction.detection.command_secrets import find_in_arguments
from otel_agent.redaction.detection.placeholders import is_placeholder
from otel_agent.redaction.detection.secret_formats import is_card_number
from otel_agent.redaction.detection.secret_names import HARMLESS, Certainty, SecretNameRule, SecretNames, proves
from otel_agent.redaction.detection.value_pairs import (
    ENTRY_VALUES,
    entry_name,
    is_list_of_pairs,
    is_lone_pair,
    pair_name,
)
from otel_agent.redaction.detection.windowed_search import MAX_CHARS
from otel_agent.redaction.text_redactor import TextRedactor, is_marker, marker

__all__ = ["FAILED", "NUMBERS", "ValueRedactor"]

MAX_REMEMBERED = 8192
"""Clean texts remembered before all are forgotten."""

MAX_REMEMBERED_CHARS = 1024
"""Longer texts are not remembered; statements of SQL are shorter, and come again and again."""

MAX_REMEMBERED_TOGETHER = 1 << 20
"""Characters of all remembered texts together: about a megabyte."""

MAX_DEPTH = 32
"""Levels of nesting that are looked into; the encoder stops at 24."""

MAX_ITEMS = 1 << 16
"""Items of one nested value that are looked at; the encoder stops at half as many."""

FAILED = marker("error")
"""Stands for a value that could not be looked at: it is dropped, its record is not."""

NUMBERS = frozenset({int, float, bool, type(None), complex})
"""Types whose values hold no text."""


class ValueRedactor:
    """
    Cleans values, and remembers which names and short texts are harmless.

    Thread-safe without a lock: each step is one set operation, and a race means that something is judged twice.

    Args:
        names: The rules for names.
        texts: The rules for texts.
    """

    def __init__(self, names: SecretNames, texts: TextRedactor) -> None:
        self._names = names
        self._texts = texts
        self.harmless_keys: set[str] = set()
        """Names that say nothing and hold no secret themselves; read by the hot loops."""
        self.clean_texts: set[str] = set()
        """Short texts without secrets; read by the hot loops."""
        self._remembered = 0
        self._last = ("", "")

    def text(self, text: str) -> str:
        """
        A text without its secrets; the same object when it holds none. Never raises.

        Args:
            text: A text of any length.
        """
        if text in self.clean_texts:
            return text
        last = self._last
        if last[0] is text:  # a first look found a secret, and now what holds it is copied
            return last[1]
        try:
            cleaned = self._texts.clean(text)
            if cleaned is not text:
                self._last = (text, cleaned)
        except Exception as error:  # noqa: BLE001 - what cannot be looked at does not leave
            _report(error)
            return FAILED
        size = len(text)
        if cleaned is text and size <= MAX_REMEMBERED_CHARS:
            self._remembered += size
            if len(self.clean_texts) >= MAX_REMEMBERED or self._remembered > MAX_REMEMBERED_TOGETHER:
                self.clean_texts.clear()
                self._remembered = size
            self.clean_texts.add(text)
        return cleaned

    def attributes(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """
        Attributes without their secrets, quickly where all names and values are known to be harmless.

        Args:
            attributes: A dictionary with text keys.
        """
        if self.harmless_keys.issuperset(attributes):
            clean, text = self.clean_texts, self.text
            for value in attributes.values():
                kind = value.__class__
                if kind is str:
                    if value not in clean and text(value) is not value:
                        break
                elif kind not in NUMBERS:
                    break
            else:
                return attributes
        return self.mapping(attributes)  # type: ignore[no-any-return] # a dictionary comes of a dictionary

    def mapping(self, attributes: Any) -> Any:
        """
        Attributes without their secrets. Never raises.

        Args:
            attributes: A mapping; anything else, such as None, comes back as it is.

        Returns:
            The same object when nothing had to change, otherwise a new dictionary.
        """
        if not attributes:
            return attributes
        try:
            return self._mapping(attributes, _RedactionWalk(), 0)
        except Exception as error:  # noqa: BLE001 - foreign mappings run foreign code
            _report(error)
            return {}

    def value(self, key: str, value: Any) -> Any:
        """
        The value of a name without its secrets; the same object when it holds none. Never raises.

        Args:
            key: The name; "" when there is none.
            value: A value of any type.
        """
        try:
            return self._value(key, value, _RedactionWalk(), 0)
        except Exception as error:  # noqa: BLE001 - foreign values run foreign code
            _report(error)
            return FAILED

    def _mapping(self, attributes: Any, walk: "_RedactionWalk", depth: int) -> Any:
        cleaned: dict[Any, Any] = {}
        is_changed = False
        named = entry_name(attributes)
        is_beside_secret = "key" in attributes and "secret" in attributes
        for key, value in attributes.items():
            if not walk.afford():
                return cleaned
            name = key if key.__class__ is str else str(key)
            if name == "key" and is_beside_secret:
                name = "api_key"
            elif name == "token" and "logprob" in attributes:
                name = "piece"  # of a text, as models see it
            if named and (name in ENTRY_VALUES or name.lower() in ENTRY_VALUES):
                name = named
            own_name = key if key.__class__ is str else str(key)
            kept_name = own_name if own_name in self.harmless_keys else self.text(own_name)
            kept = self._value(name, value, walk, depth)
            is_changed = is_changed or kept_name is not key or kept is not value
            cleaned[kept_name] = kept
        return cleaned if is_changed else attributes

    def _value(self, key: str, value: Any, walk: "_RedactionWalk", depth: int) -> Any:
        kind = value.__class__
        if key not in self.harmless_keys:
            rule = self._names.rule(key)
            if rule is HARMLESS:
                self._remember(key)
            elif _is_secret(rule, value) and not (kind is str and self._names.keeps(value)):
                return marker(rule.name)
        if kind in NUMBERS:
            return value
        if kind is str:
            return self.text(value)
        return self._other(value, walk, depth)

    def _remember(self, key: str) -> None:
        if key in ENTRY_VALUES:  # what its value is depends on the entry's name
            return
        if len(key) <= MAX_REMEMBERED_CHARS and self.text(key) is key:
            if len(self.harmless_keys) >= MAX_REMEMBERED:
                self.harmless_keys.clear()
            self.harmless_keys.add(key)

    def _other(self, value: Any, walk: "_RedactionWalk", depth: int) -> Any:  # noqa: PLR0911 - one answer per kind of value
        if isinstance(value, str):
            return self.text(str.__str__(value))
        if isinstance(value, int | float | complex):
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes(value)
        if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
            if value.dtype.kind in "biufc":
                return value
            return self._value("", value.tolist() if value.size <= MAX_ITEMS else str(value), walk, depth)
        if isinstance(value, Mapping | Sequence | AbstractSet):
            return self._collection(value, walk, depth)
        return self.text(str(value))

    def _bytes(self, value: bytes | bytearray | memoryview) -> Any:
        text = bytes(value[:MAX_CHARS]).decode("latin-1")
        cleaned = self._texts.clean(text)
        return value if cleaned is text and len(value) <= MAX_CHARS else cleaned.encode("latin-1")

    def _collection(self, value: Any, walk: "_RedactionWalk", depth: int) -> Any:
        if id(value) in walk.inside:
            return "<circular>"
        if depth >= MAX_DEPTH:
            return "<nested too deep>"
        walk.inside.add(id(value))
        try:
            if isinstance(value, Mapping):
                return self._mapping(value, walk, depth + 1)
            return self._items(value, walk, depth + 1)
        finally:
            walk.inside.discard(id(value))

    def _items(self, values: Any, walk: "_RedactionWalk", depth: int) -> Any:
        cleaned: list[Any] = []
        is_changed = False
        name = ""
        are_pairs = is_list_of_pairs(values)
        if not are_pairs and is_lone_pair(values, self._names):
            walk.afford()
            return [values[0], self._value(pair_name(values[0]), values[1], walk, depth)]
        commanded = self._commanded(values)
        for position, value in enumerate(values):
            if not walk.afford():
                return cleaned
            if position in commanded:
                start, end = commanded[position]
                cleaned.append(f"{value[:start]}{marker('password')}{value[end:]}")
                is_changed = True
                continue
            kept = self._pair(value, walk, depth) if are_pairs else self._value(name, value, walk, depth)
            is_changed = is_changed or kept is not value
            cleaned.append(kept)
            # Command lines come as lists: what follows "--password" is its value.
            name = value if value.__class__ is str and value.startswith("-") and "=" not in value else ""
        return cleaned if is_changed else values

    @staticmethod
    def _commanded(values: Any) -> dict[int, tuple[int, int]]:
        """Where passwords stand in a command line that comes as a list."""
        if not isinstance(values, list | tuple) or not all(value.__class__ is str for value in values):
            return {}
        is_option = any(value.startswith("-") and "[redacted: " not in value for value in values)
        return find_in_arguments(values) if is_option else {}

    def _pair(self, pair: Any, walk: "_RedactionWalk", depth: int) -> Any:
        """A name and its value, as headers come; of the same type when something has to change."""
        name, value = pair
        kept_name, kept = self._value("", name, walk, depth), self._value(pair_name(name), value, walk, depth)
        if kept_name is name and kept is value:
            return pair
        return (kept_name, kept) if isinstance(pair, tuple) else [kept_name, kept]


class _RedactionWalk:
    """The walk through one nested value: the items it may still look at, and the collections it is inside of."""

    __slots__ = ("budget", "inside")

    def __init__(self) -> None:
        self.budget = MAX_ITEMS
        self.inside: set[int] = set()

    def afford(self) -> bool:
        self.budget -= 1
        return self.budget >= 0


def _is_secret(rule: SecretNameRule, value: Any) -> bool:  # noqa: PLR0911 - one answer per kind of value
    if isinstance(value, str):
        return bool(value) and not is_marker(value) and not is_placeholder(value) and proves(rule, value)
    if value is None or isinstance(value, bool):
        return False
    if rule.certainty is Certainty.CONFIGURED:
        return not hasattr(value, "__len__") or len(value) > 0
    if isinstance(value, Number):
        return rule.name == "card number" and isinstance(value, int) and is_card_number(str(value))
    if rule.certainty is Certainty.HINT or (rule.certainty is Certainty.LIKELY and isinstance(value, Mapping)):
        return False
    if isinstance(value, list | tuple) and all(isinstance(item, Number) for item in value):
        return False
    if type(value).__module__ == "numpy" and getattr(getattr(value, "dtype", None), "kind", "") in "biufc":
        return False
    return not hasattr(value, "__len__") or len(value) > 0


def _report(error: Exception) -> None:
    shared.report("redaction", "a value could not be checked for secrets and was left out of its record", error)
