"""What can be set about health, as far as it is used here; `config` has meaning, range and default of each."""

from typing import Protocol

__all__ = ["LOOP_WITHIN_S", "HealthSettings", "ThresholdSettings"]

LOOP_WITHIN_S = 10.0
"""How long an event loop may be blocked, in seconds: longer than a careless call, shorter than anybody's patience."""


class ThresholdSettings(Protocol):
    """When a full machine takes the agent out of service; see `config`."""

    @property
    def memory(self) -> float | None:
        """A ratio; None: it does not matter."""
        ...

    @property
    def disk(self) -> float | None:
        """A ratio; None: it does not matter."""
        ...

    @property
    def cpu(self) -> float | None:
        """A ratio; None: it does not matter."""
        ...

    @property
    def clear_gap(self) -> float:
        """A ratio."""
        ...

    @property
    def hold_s(self) -> float:
        """In seconds."""
        ...


class HealthSettings(Protocol):
    """What can be set; see `config`."""

    @property
    def port(self) -> int | None:
        """0: any free one; None: no server."""
        ...

    @property
    def host(self) -> str:
        """Address to listen on."""
        ...

    @property
    def token(self) -> str | None:
        """Shows details to who sends it."""
        ...

    @property
    def thresholds(self) -> ThresholdSettings:
        """Of the machine."""
        ...

    @property
    def file(self) -> str | None:
        """Path of the probe file; None: none."""
        ...
