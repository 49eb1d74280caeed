"""The settings while they are being made to fit together."""

from typing import Any

from otel_agent.config.merging import Merged
from otel_agent.config.nodes import origin_of
from otel_agent.config.problems import Problems
from otel_agent.config.tree import leaves

__all__ = ["SettingsDraft"]


class SettingsDraft:
    """
    Right values, each on its own; relations look at them, say what does not fit, and change it.

    Args:
        merged: What the sources said; changed in place.
        problems: Where problems and warnings are noted.
    """

    def __init__(self, merged: Merged, problems: Problems) -> None:
        self._merged = merged
        self._problems = problems

    def is_given(self, path: str) -> bool:
        """
        Whether somebody gave a setting.

        Args:
            path: `health.port`.
        """
        return path in self._merged.values

    def given(self, prefix: str) -> list[str]:
        """
        Which settings of a section somebody gave.

        Args:
            prefix: `export.`.
        """
        return [path for path in self._merged.values if path.startswith(prefix)]

    def value(self, path: str) -> Any:
        """
        A setting, or its default.

        Args:
            path: `health.port`.
        """
        if path in self._merged.values:
            return self._merged.values[path]
        return leaves()[path].default

    def origin(self, path: str) -> str:
        """
        Where a setting was given, or "default".

        Args:
            path: `health.port`, or a key of a mapping.
        """
        return self._merged.origins.get(path, "default")

    def put(self, path: str, value: Any, origin: str | None = None) -> None:
        """
        Change a setting.

        Args:
            path: `health.port`.
            value: A right value.
            origin: Where it comes from now; None: as before.
        """
        self._merged.values[path] = value
        if origin is not None:
            self._merged.origins[path] = origin

    def drop(self, path: str) -> None:
        """
        Give a setting its default back.

        Args:
            path: `health.port`.
        """
        self._merged.values.pop(path, None)
        for known in [known for known in self._merged.origins if known == path or known.startswith(path + ".")]:
            del self._merged.origins[known]

    def problem(self, path: str, text: str) -> None:
        """
        Note a problem where a setting was given.

        Args:
            path: The setting.
            text: What is wrong and what to do.
        """
        self._problems.add(self._said_at(path), path, text)

    def warn(self, path: str, text: str) -> None:
        """
        Note a surprise where a setting was given.

        Args:
            path: The setting.
            text: What happens and what to do.
        """
        self._problems.warn(self._said_at(path), path, text)

    def warn_without_effect(self, path: str, because: str) -> None:
        """
        Warn of a setting that cannot take effect; silent when nobody gave it.

        Args:
            path: The setting.
            because: Why not.
        """
        if self.is_given(path):
            self.warn(path, f"has no effect: {because}")

    def _said_at(self, path: str) -> str:
        return self._merged.origins.get(path) or origin_of(self._merged.nodes, path)
