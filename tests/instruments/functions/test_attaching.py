"""Methods of context managers: what they attach stays attached."""

import asyncio
from typing import Any

import pytest
from opentelemetry import baggage, context, trace

from otel_agent.instruments.functions.attaching import is_attaching
from otel_agent.instruments.functions.decorators import span, traced


class Desk:
    """Has baggage and a span of its own for a block."""

    @traced
    def __enter__(self) -> None:
        self.token = context.attach(baggage.set_baggage("who", "ana"))
        self.open = span("open")
        self.open.__enter__()

    @traced
    def __exit__(self, *error: object) -> None:
        self.open.__exit__(None, None, None)
        context.detach(self.token)

    @traced
    async def __aenter__(self) -> None:
        self.__enter__()

    @traced
    async def __aexit__(self, *error: object) -> None:
        await asyncio.sleep(0)
        self.__exit__(*error)


class PlainDesk(Desk):
    """Its end is not traced."""

    def __exit__(self, *error: object) -> None:
        self.open.__exit__(None, None, None)
        context.detach(self.token)


def seen() -> Any:
    """Baggage and name of the current span."""
    current: Any = trace.get_current_span()
    return baggage.get_baggage("who"), current.name


@pytest.mark.parametrize("kind", [Desk, PlainDesk])
def test_the_block_has_what_the_methods_attach(way: Any, kind: type[Desk]) -> None:
    """Without the spans of the methods themselves, and nothing stays behind."""
    with way.tracer.start_as_current_span("root"):
        with kind():
            inside = seen()
        after = seen()

    assert ("ana", "open") == inside
    assert (None, "root") == after


def test_async_methods_and_methods_below_each_other(way: Any) -> None:
    """Calls of traced methods by traced methods come back to the context outside all of them."""

    async def main() -> list[Any]:
        async with Desk():
            inside = seen()
        return [inside, seen()]

    with way.tracer.start_as_current_span("root"):
        assert [("ana", "open"), (None, "root")] == asyncio.run(main())

    assert {"open", "root", *(f"Desk.__{name}__" for name in ("enter", "exit", "aenter", "aexit"))} == {
        each.name for each in way.spans()
    }


def test_an_error_on_the_way_in_gives_the_context_back(way: Any) -> None:
    """It makes the status of the method's span an error."""

    class Broken:
        @traced("enter")
        def __enter__(self) -> None:
            context.attach(baggage.set_baggage("who", "ana"))
            raise ValueError("broken")

        def __exit__(self, *error: object) -> None: ...

    with pytest.raises(ValueError, match="broken"), Broken():
        pass

    assert None is baggage.get_baggage("who")
    assert ["ERROR"] == [each.status.status_code.name for each in way.spans()]


def test_methods_are_known_by_their_names() -> None:
    """Other functions keep no context of theirs."""
    assert [True, True, False] == [is_attaching(each) for each in (Desk.__enter__, Desk.__aexit__, seen)]
