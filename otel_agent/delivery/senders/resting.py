"""What a sender does about forks and its end when it holds nothing: the beginning of every sender."""

__all__ = ["Resting"]


class Resting:
    """Nothing is open between requests, and nothing is held over a fork; whoever holds something says so by overriding."""

    def close(self) -> None:
        """Nothing is open."""

    def hold_for_fork(self) -> None:
        """Nothing is half done: libraries are loaded by `delivery.loading`, which holds a fork itself."""

    def go_on_after_fork(self) -> None:
        """Nothing was held."""

    def reinit_after_fork(self) -> None:
        """Nothing is inherited."""
