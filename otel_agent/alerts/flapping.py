"""
Flapping: changes of an alert that come too often to be news.

The last 21 evaluations of an alert are remembered, firing or not. The share of them at which it changed, newer ones weighing
more, decides: from 30 % on it flaps, below 25 % it has calmed down.

Source: https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/flapping.html
"""

from dataclasses import dataclass

__all__ = ["StateHistory"]

LENGTH = 21
"""States remembered."""
START_SHARE, STOP_SHARE = 0.30, 0.25
"""Weighted share of changes from which flapping begins, and below which it is over."""
_WEIGHTS = tuple(1.2 - 0.4 * i / (LENGTH - 2) for i in range(LENGTH - 1))
"""Weights of changes, newest first: from 1.2 to 0.8."""
_MASK = (1 << (LENGTH - 1)) - 1


@dataclass(slots=True)
class StateHistory:
    """The last states of one alert, in two numbers."""

    changes: int = 0
    """One bit for each evaluation, newest lowest: whether the state changed."""
    was_firing: bool = False
    """The newest state."""
    is_flapping: bool = False
    """Whether it changes too often."""

    def push(self, *, is_firing: bool) -> None:
        """
        Add a state.

        Args:
            is_firing: Whether the alert fires now.
        """
        self.changes = ((self.changes << 1) | (is_firing != self.was_firing)) & _MASK
        self.was_firing = is_firing
        if self.changes:
            share = self.share()
            self.is_flapping = share >= (STOP_SHARE if self.is_flapping else START_SHARE)
        else:
            self.is_flapping = False

    def share(self) -> float:
        """Weighted share of evaluations at which it changed, from 0 to 1."""
        if not self.changes & (self.changes - 1):
            return 0.0 if not self.changes else _WEIGHTS[self.changes.bit_length() - 1] / len(_WEIGHTS)
        return sum(weight for i, weight in enumerate(_WEIGHTS) if self.changes >> i & 1) / len(_WEIGHTS)
