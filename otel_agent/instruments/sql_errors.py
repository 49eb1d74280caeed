"""
What may be said of a failed statement: its type and the database's own code, never the driver's words.

Drivers quote values in their messages ("Key (email)=(…) already exists"), and SQLAlchemy appends the statement and its
parameters. So a span gets neither. Whoever else records such an exception, the span around the call or a log record, finds a
text without values on it, under `SAFE_TEXT`.
"""

import contextlib
import re

__all__ = ["SAFE_TEXT", "error_type", "mark", "status_code"]

SAFE_TEXT = "__otel_agent_text__"
"""Attribute of an exception: what may be recorded in place of its own text."""

_CODES = ("sqlstate", "pgcode", "sqlite_errorname")
"""Where drivers keep the database's code: asyncpg and psycopg; psycopg2; sqlite3 and aiosqlite."""

_CODE = re.compile(r"[A-Za-z0-9_]{1,40}\Z")


def error_type(error: BaseException) -> str:
    """
    Full name of the driver's exception.

    Args:
        error: As raised inside SQLAlchemy.

    Returns:
        Module and qualified name; for asynchronous drivers those of the exception behind SQLAlchemy's stand-in for it.
    """
    kind = type(_innermost(error))
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def status_code(error: BaseException) -> str | None:
    """
    The database's own code for a failure.

    Args:
        error: As raised inside SQLAlchemy.

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


def mark(error: BaseException | None, text: str) -> None:
    """
    Put a text without values on an exception and on those it was raised from.

    Args:
        error: The exception; nothing happens to what `str` says of it.
        text: The statement, sanitised.
    """
    seen = 0
    while error is not None and seen < 4:  # noqa: PLR2004 - SQLAlchemy's, its stand-in, the driver's: three at most
        said = f"{error_type(error)} [SQL: {text}]" if text else error_type(error)
        with contextlib.suppress(Exception):  # an exception may refuse attributes
            setattr(error, SAFE_TEXT, said)
        error = error.__cause__
        seen += 1


def _innermost(error: BaseException) -> BaseException:
    cause = error.__cause__
    if cause is not None and type(error).__module__.startswith("sqlalchemy."):
        return cause
    return error
