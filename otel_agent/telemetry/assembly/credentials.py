"""Headers whose values stand in files: read again when the receiver does not accept them any more."""

from collections.abc import Callable, Mapping

from otel_agent.config.sections.export import ExportSettings

__all__ = ["Credentials"]


class Credentials:
    """
    The headers of one signal, as the way out asks for them: as they were loaded at first, read anew each further time.

    Tokens expire, and whoever renews one writes a file; an agent that runs for months cannot be started again for it.
    """

    def __init__(self, headers: Mapping[str, str], signal: str, renew: Callable[[], ExportSettings]) -> None:
        """
        Begin with what was loaded.

        Args:
            headers: Of the configuration in force.
            signal: "traces", "metrics" or "logs".
            renew: Reads the configuration again. Must not raise.
        """
        self._headers: Mapping[str, str] | None = headers
        self._signal = signal
        self._renew = renew

    def __call__(self) -> Mapping[str, str]:
        """Headers as they are now; never shown."""
        headers, self._headers = self._headers, None
        return self._renew().for_signal(self._signal).headers if headers is None else headers
