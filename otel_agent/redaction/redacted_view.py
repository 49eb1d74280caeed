"""The copy that stands for an object of which something had to change, in the shape that encoders read."""

from typing import Any

__all__ = ["RedactedView", "flat"]


class RedactedView:
    """
    An object seen with some of its attributes replaced; the object itself is left as it is.

    Args:
        original: Object that answers for every attribute not given here.
        replaced: Attributes that are seen instead.
    """

    def __init__(self, original: Any, **replaced: Any) -> None:
        self.__dict__.update(replaced)
        self.__dict__["_original"] = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_original"], name)


def flat(attributes: Any) -> Any:
    """Attributes in a form that is quick to go through: the SDK's mappings run Python code for every key, a copy does not."""
    if attributes.__class__ is dict or not attributes:
        return attributes
    copy = getattr(attributes, "copy", None)
    return dict(attributes) if copy is None else copy()
