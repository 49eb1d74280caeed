"""
Pictures of exceptions that are too large to be rendered whole: wide groups, long chains of causes, tracebacks of thousands of frames.

Python renders all of it before anything can be cut, on the thread that logs. So what is beyond the limits is replaced, before that,
by a picture: exceptions of the same name, text and traceback, fewer of them, and notes that say how many are missing.
"""

import traceback
from itertools import islice
from types import TracebackType

__all__ = ["is_large", "stack_of_large"]

MANY = 64
"""Exceptions, with causes and members of groups, that are rendered as they are."""
MANY_FRAMES = 1024
"""Frames of one traceback that are rendered as they are: what Python's recursion limit allows."""

_KEPT_MEMBERS = 15
"""As many of a group as Python shows, see `max_group_width` of `traceback.TracebackException`."""
_KEPT_DEPTH = 3
_KEPT_LINKS = 12
"""Exceptions kept at either end of a chain of causes."""
_KEPT_FRAMES = 128
"""Innermost frames kept of each traceback."""


def is_large(error: BaseException) -> bool:
    """
    Whether rendering an exception could take long; looks at no more than the limits.

    Args:
        error: Exception with its causes and, in a group, its members.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if len(seen) > MANY or _frame_count(each.__traceback__, MANY_FRAMES + 1) > MANY_FRAMES:
            return True
        if isinstance(each, BaseExceptionGroup):
            if len(each.exceptions) > MANY:
                return True
            waiting += each.exceptions
        waiting += (each.__cause__, each.__context__)
    return False


def stack_of_large(error: BaseException) -> str:
    """
    The traceback of a large exception, as Python prints it, without what is beyond the limits.

    Args:
        error: Exception for which `is_large` holds.
    """
    return "".join(traceback.format_exception(_chain_picture(error, 0)))


def _chain_picture(error: BaseException, depth: int) -> BaseException:
    links: list[BaseException] = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        links.append(each)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    missing = len(links) - 2 * _KEPT_LINKS
    kept = links if missing <= 0 else links[:_KEPT_LINKS] + links[-_KEPT_LINKS:]
    pictures = [_picture(link, depth) for link in kept]
    if missing > 0:
        pictures[_KEPT_LINKS - 1].add_note(f"({missing} exceptions that this one came from are left out)")
    for outer, inner, link in zip(pictures, pictures[1:], kept, strict=False):
        if link.__cause__ is None:
            outer.__context__ = inner
        else:
            outer.__cause__ = inner
    return pictures[0]


def _picture(error: BaseException, depth: int) -> BaseException:
    """An exception of the same name, text, notes and innermost frames, without what it came from."""
    kind = type(error)
    text = _text(error)
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__str__": lambda _: text}
    notes = [str(note) for note in islice(getattr(error, "__notes__", ()), MANY)]
    made: BaseException
    if isinstance(error, BaseExceptionGroup) and depth < _KEPT_DEPTH:
        members = [_chain_picture(member, depth + 1) for member in error.exceptions[:_KEPT_MEMBERS]]
        made = type(kind.__name__, (BaseExceptionGroup,), names)("picture", members)
        if len(error.exceptions) > len(members):
            notes.append(f"(the first {len(members)} of {len(error.exceptions)} exceptions are shown)")
    else:
        made = type(kind.__name__, (BaseException,), names)()
    frames = error.__traceback__
    missing = _frame_count(frames) - _KEPT_FRAMES
    if missing > 0:
        notes.append(f"({missing} outer frames are left out)")
        for _ in range(missing):
            frames = frames.tb_next if frames is not None else None
    for note in notes:
        made.add_note(note)
    return made.with_traceback(frames)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise; Python shows these words then
        return "<exception str() failed>"


def _frame_count(frames: TracebackType | None, most: int | None = None) -> int:
    count = 0
    while frames is not None and (most is None or count < most):
        count += 1
        frames = frames.tb_next
    return count
