"""In which order components start: as declared, each after what it needs. Pure."""

from collections.abc import Mapping, Sequence

from otel_agent.errors import LifecycleError

__all__ = ["in_order"]


def in_order(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """
    Order names so that each stands after those it needs, and otherwise as given.

    Args:
        needs: For each name the names it needs.

    Returns:
        Every name once.

    Raises:
        LifecycleError: A need is not among the names, or names need each other in a circle.

    Example:
        ```python
        assert in_order({"web": ["db"], "db": []}) == ["db", "web"]
        ```
    """
    ordered: list[str] = []
    for name in needs:
        _visit(name, needs, ordered, ())
    return ordered


def _visit(name: str, needs: Mapping[str, Sequence[str]], ordered: list[str], path: tuple[str, ...]) -> None:
    if name in path:
        circle = " → ".join((*path[path.index(name) :], name))
        raise LifecycleError(f"components need each other in a circle: {circle}; take one of these needs away")
    if name in ordered:
        return
    if name not in needs:
        raise LifecycleError(f"component {path[-1]!r} needs {name!r}, which was not declared; add it or drop the need")
    for need in needs[name]:
        _visit(need, needs, ordered, (*path, name))
    ordered.append(name)
