"""A provider is passed only to an instrumentation that names it."""

import functools
from types import SimpleNamespace
from typing import Any

import pytest

from otel_agent.instruments.libraries.provider_names import accepted_by, named_by

GIVEN = {"tracer_provider": "t", "meter_provider": "m", "logger_provider": "l"}


class Silent:
    """Names none."""

    def _instrument(self, **kwargs: Any) -> None:
        """Takes whatever comes."""


class Parameters:
    """Names them as parameters."""

    def _instrument(self, *, tracer_provider: object = None, meter_provider: object = None) -> None:
        """Takes two."""


class Taking:
    """Takes them from the keywords."""

    def _instrument(self, **kwargs: Any) -> None:
        def wrapped() -> object:
            return kwargs["meter_provider"]

        kwargs.get("tracer_provider")
        wrapped()


class Handing:
    """Hands every keyword on to a function that knows two, as FastAPI's does."""

    @staticmethod
    def instrument_app(app: object, tracer_provider: object = None, meter_provider: object = None) -> None:
        """Does not know the third, and calls one that does."""
        _knows_all(logger_provider=app, tracer_provider=tracer_provider, meter_provider=meter_provider)

    def _instrument(self, **kwargs: Any) -> None:
        _Replaced.kept = kwargs


class _Replaced:
    kept: dict[str, Any] = {}

    def __init__(self) -> None:
        Handing.instrument_app(self, **_Replaced.kept)


class Popping:
    """Keeps every keyword for another class that takes out what it wants, as Falcon's does."""

    def _instrument(self, **options: Any) -> None:
        _Popping.options = options


class _Popping:
    options: dict[str, Any] = {}

    def __init__(self, **kwargs: Any) -> None:
        self.options.pop("logger_provider", None)


class Helped:
    """Leaves the work to a function beside it, through another method."""

    def _instrument(self, **kwargs: Any) -> None:
        self._really(**kwargs)

    def _really(self, **kwargs: Any) -> None:
        _knows_all(**kwargs)


class Decorated:
    """Is decorated."""

    @functools.wraps(Taking._instrument)
    def _instrument(self, **kwargs: Any) -> None:
        Taking._instrument(self, **kwargs)  # type: ignore[arg-type]


class Inherited(Parameters):
    """Has it from its base."""


class Lazy:
    """An object that looks at nothing unless it is asked for its class."""

    @property
    def __class__(self) -> Any:
        raise AssertionError("a lazy object was asked")

    @__class__.setter
    def __class__(self, value: type) -> None:
        raise AssertionError


lazy = Lazy()


class Beside:
    """Uses a lazy object, as Django's uses its settings."""

    def _instrument(self, **kwargs: Any) -> None:
        (lazy, kwargs.get("tracer_provider"))


class Unreadable:
    """Has a method that is no Python."""

    _instrument = dict.get


def _knows_all(tracer_provider: object = None, meter_provider: object = None, logger_provider: object = None) -> None:
    """Knows every one."""


@pytest.mark.parametrize(
    ("instrumentor", "expected"),
    [
        (Silent, ""),
        (Parameters, "tm"),
        (Taking, "tm"),
        (Handing, "tm"),
        (Popping, "l"),
        (Helped, "tml"),
        (Decorated, "tm"),
        (Inherited, "tm"),
        (Beside, "t"),
        (Unreadable, ""),
        (SimpleNamespace, ""),
    ],
)
def test_only_what_is_named_is_given(instrumentor: type, expected: str) -> None:
    """Named as a parameter, as a key of the keywords, or in what the method hands all of them on to."""
    assert expected == "".join(named_by(instrumentor(), GIVEN).values())


def test_an_application_gets_what_it_accepts() -> None:
    """`instrument_app` of one instrumentation knows more than that of another; what is no function accepts nothing."""
    assert {"tracer_provider": "t", "meter_provider": "m"} == accepted_by(Handing.instrument_app, GIVEN)
    assert {} == accepted_by(print, GIVEN)
