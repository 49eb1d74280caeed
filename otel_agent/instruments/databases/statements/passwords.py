"""
Where a password may stand bare or in double quotes.

Other words would be names there: behind IDENTIFIED BY, and behind PASSWORD in a statement about a user.

Sources: Oracle 23, SQL Language Reference, ALTER USER and GRANT; PostgreSQL 17, CREATE ROLE; Transact-SQL, CREATE LOGIN;
MySQL 8.4, CREATE USER; Teradata, CREATE USER.
"""

import re
from collections.abc import Sequence

__all__ = ["BARE", "BEGIN_TOKENS", "END_TOKENS", "OTHER_WORDS", "WORDS_BEFORE", "is_next"]

BARE = re.compile(r"[^\s;,()]+")
"""A password that stands bare."""

WORDS_BEFORE = frozenset({"BY", "PASSWORD", "REPLACE", "=", ","})
"""What can stand right before a password."""

OTHER_WORDS = frozenset(
    [
        "CURRENT",
        "DEFAULT",
        "DISABLE",
        "ENABLE",
        "EXPIRE",
        "EXTERNALLY",
        "FORCE",
        "GLOBALLY",
        "HISTORY",
        "INTERVAL",
        "LOCK",
        "NEVER",
        "NULL",
        "OPTIONAL",
        "PASSWORD",
        "RANDOM",
        "REQUIRE",
        "REUSE",
        "UNLOCK",
        "VALUES",
        "VERIFY",
    ]
)
"""Words that stand where a password could, and are none."""

BEGIN_TOKENS = 6
"""So many tokens at the beginning say whether a statement is about a user: CREATE OR REPLACE, IF NOT EXISTS, USER."""
END_TOKENS = 4
"""So many tokens before a password say that it is one: IDENTIFIED WITH, the name of a method, BY."""

_ACCOUNTS = frozenset({"USER", "ROLE", "LOGIN", "GROUP"})


def is_next(begin: Sequence[str], end: Sequence[str], *, has_one: bool) -> bool:
    """
    Tell whether what comes next is a password, unless it is one of `OTHER_WORDS`.

    Args:
        begin: The first `BEGIN_TOKENS` tokens of the statement, words in upper case.
        end: The last `END_TOKENS` tokens before the place, at least one.
        has_one: Whether the statement has had a password already.
    """
    *before, last = end
    if last == "BY":
        return "IDENTIFIED" in before
    if last == "REPLACE":
        return has_one
    if last == ",":
        return has_one and begin[0] == "GRANT"
    is_assigned = last == "=" and before[-1:] == ["PASSWORD"]
    return (last == "PASSWORD" or is_assigned) and _is_about_account(begin)


def _is_about_account(begin: Sequence[str]) -> bool:
    return begin[0] in {"CREATE", "ALTER"} and not _ACCOUNTS.isdisjoint(begin[1:])
