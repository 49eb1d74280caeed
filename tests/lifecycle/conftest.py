"""Components that say what is done to them."""

from collections.abc import Callable

import pytest

from otel_agent.lifecycle.components import Component


class Told:
    """What happened, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def component(self, name: str, *, fails: bool = False) -> Component:
        """A component that says what is done to it."""

        def start() -> None:
            self.events.append(f"start {name}")
            if fails:
                raise OSError(f"{name} has no disk")

        return Component(
            name,
            start=start,
            close=lambda timeout_s: self.events.append(f"close {name}"),
            hold_for_fork=lambda: self.events.append(f"hold {name}"),
            go_on_after_fork=lambda: self.events.append(f"go on {name}"),
            reinit_after_fork=lambda: self.events.append(f"anew {name}"),
        )

    def say(self, text: str) -> Callable[[], None]:
        """A hook that says something."""

        def hook() -> None:
            self.events.append(text)

        return hook


@pytest.fixture
def told() -> Told:
    """Nothing has happened yet."""
    return Told()
