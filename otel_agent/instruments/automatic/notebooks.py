"""Automatic tracing in a notebook, where the script goes on with every cell."""

import sys
from contextlib import suppress
from typing import Any, Protocol

__all__ = ["Script", "follow_notebook"]


class Script(Protocol):
    """What traces a script."""

    def expect_script(self) -> None:
        """Trace the code that begins next, from its first line on."""
        ...

    def look_at_script_again(self) -> None:
        """Trace what has been defined meanwhile."""
        ...


def follow_notebook(script: Script) -> bool:
    """
    Trace what each cell defines, from its first call on; does nothing outside IPython.

    Args:
        script: What traces; told before and after each cell.

    Returns:
        Whether there is a notebook.
    """
    ipython: Any = sys.modules.get("IPython")
    shell: Any = None
    with suppress(Exception):  # whatever the shell's version is
        shell = None if ipython is None else ipython.get_ipython()
    if shell is None:
        return False
    shell.events.register("pre_run_cell", lambda _: script.expect_script())
    shell.events.register("post_run_cell", lambda _: script.look_at_script_again())
    return True
