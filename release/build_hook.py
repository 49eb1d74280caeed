"""Hatchling's hook: the wheel carries the list of its parts in `.dist-info/sboms` (PEP 770) when `release/dist.py` builds it."""

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SbomHook(BuildHookInterface[Any]):
    """Adds the file that the variable `OTEL_AGENT_SBOM` names; without it nothing is added."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """
        Add the file.

        Args:
            version: Kind of the wheel, such as "standard" or "editable".
            build_data: What hatchling is going to put into it.
        """
        named = os.environ.get("OTEL_AGENT_SBOM")
        if named and "sbom_files" in build_data:
            build_data["sbom_files"].append(named)
