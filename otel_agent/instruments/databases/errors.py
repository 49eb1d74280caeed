"""
Safe text of failed statements: the error's type and the database's own code, never the driver's words.

Drivers quote values in their messages ("Key (email)=(…) already exists"), and SQLAlchemy appends the statement and its
parameters. So a span gets neither. Whoever else records such an exception, the span around the call or a log record, finds on it
a safe text in place of its own words (`recording.failures.SAFE_TEXT`).
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from otel_agent.recording.failures import SAFE_TEXT, type_name

__all__ = ["attach_safe_text", "cover_exceptions", "error_type", "status_code"]

_CODES = ("sqlstate", "pgcode", "sqlite_errorname")
"""Where drivers keep the database's code: asyncpg and psycopg; psycopg2; sqlite3 and aiosqlite."""

_DEPTH = 4
"""SQLAlchemy's stand-in for a driver's exception, the driver's, and what that came from."""

_CODE = re.compile(r"[A-Za-z0-9_]{1,40}\Z")


def error_type(error: BaseException) -> str:
    """
    Name the driver's exception.

    Args:
        error: Exception as raised inside SQLAlchemy.

    Returns:
        Module and qualified name; for asynchronous drivers those of the exception behind SQLAlchemy's stand-in for it.
    """
    return type_name(_innermost(error))


def status_code(error: BaseException) -> str | None:
    """
    Find the database's own code for a failure.

    Args:
        error: Exception as raised inside SQLAlchemy.

    Returns:
        "23505", "SQLITE_CONSTRAINT_UNIQUE", "1062"; `None` when the driver tells none.
    """
    for candidate in (error, _innermost(error)):
        for name in _CODES:
            code = getattr(candidate, name, None)
            if isinstance(code, str) and _CODE.match(code):
                return code
        first = candidate.args[0] if candidate.args else None
        if isinstance(first, int) and not isinstance(first, bool):  # MySQL's drivers
            return str(first)
    return None


def attach_safe_text(error: BaseException, wrapped: BaseException | None, text: str) -> None:
    """
    Attach to exceptions what may be said in place of their own words, which stay as they are.

    Args:
        error: Exception as raised inside SQLAlchemy; those it was raised from get the text as well.
        wrapped: Exception that SQLAlchemy will raise for the agent.
        text: Sanitised statement; empty when there was none, as in a commit.
    """
    code = status_code(error)
    said = f"({error_type(error)}{f' {code}' if code else ''})"
    if text:
        said = f"{said} [SQL: {text}]"
    below: BaseException | None = error
    for _ in range(_DEPTH):
        if below is None:
            break
        _attach(below, said)
        below = below.__cause__
    if wrapped is not None:
        _attach(wrapped, said)


class _DefaultSafeText:
    """Safe text of exceptions of a class that have none attached; one on the exception itself comes before it."""

    def __get__(self, error: BaseException | None, owner: type) -> str:
        original = getattr(error, "orig", None)
        return f"({error_type(original)})" if isinstance(original, BaseException) else "(after an earlier failure)"


def cover_exceptions(exceptions: Any) -> Iterator[Callable[[], object]]:
    """
    Give a safe text to exceptions that repeat a statement, its parameters or an earlier failure, and raise no event.

    Args:
        exceptions: The module `sqlalchemy.exc`.

    Yields:
        Functions that take the texts away again.
    """
    for kind in (exceptions.StatementError, exceptions.PendingRollbackError):
        setattr(kind, SAFE_TEXT, _DefaultSafeText())
        yield partial(delattr, kind, SAFE_TEXT)


def _attach(error: BaseException, said: str) -> None:
    with contextlib.suppress(Exception):  # an exception may refuse attributes
        setattr(error, SAFE_TEXT, said)


def _innermost(error: BaseException) -> BaseException:
    cause = error.__cause__
    if cause is not None and type(error).__module__.startswith("sqlalchemy."):
        return cause
    return error
