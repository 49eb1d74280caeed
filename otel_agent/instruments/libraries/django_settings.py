"""
Django's settings: its instrumentation writes into them, so it waits until the agent has configured them.

An instrumentation that asks earlier makes Django read the settings of an agent that has not named them yet, or configures empty ones.
"""

import sys
from collections.abc import Callable
from typing import Any

__all__ = ["after_configuration"]

_MODULE = "django.conf"
_METHODS = ("_setup", "configure")


def after_configuration(call: Callable[[], object]) -> Callable[[], None] | None:
    """
    Call a function once Django's settings are configured.

    Args:
        call: Called once, in the thread that configures; must not raise.

    Returns:
        A function that takes the watch back; `None` when they are configured already, and `call` was not called.
    """
    conf = sys.modules.get(_MODULE)
    if conf is None or conf.settings.configured:
        return None
    return _Watch(conf.LazySettings, call).close


class _Watch:
    """Stands around the two methods that configure, until one has."""

    def __init__(self, settings: type, call: Callable[[], object]) -> None:
        self._settings = settings
        self._call = call
        self._originals = {name: vars(settings)[name] for name in _METHODS if name in vars(settings)}
        for name, original in self._originals.items():
            setattr(settings, name, self._followed(original))

    def close(self) -> None:
        """Put the methods back; safe to call twice."""
        for name in list(self._originals):
            original = self._originals.pop(name, None)
            if original is not None:
                setattr(self._settings, name, original)

    def _followed(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def configured(settings: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(settings, *args, **kwargs)
            if self._originals:
                self.close()
                self._call()
            return result

        return configured
