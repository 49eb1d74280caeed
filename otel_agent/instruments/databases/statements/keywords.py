"""Keywords of SQL by what they say about operations and tables; `summary` reads statements with them."""

__all__ = [
    "CHANGES",
    "DEFINITIONS",
    "ENDS_TABLES",
    "FIRST",
    "MAY_BE_NESTED",
    "NAMED",
    "NOISE",
    "OBJECTS",
    "OTHERS",
]

CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"})
DEFINITIONS = frozenset({"CREATE", "ALTER", "DROP", "TRUNCATE"})
OTHERS = frozenset(
    [
        "ABORT",
        "ANALYZE",
        "ATTACH",
        "BACKUP",
        "BEGIN",
        "CHECKPOINT",
        "CLOSE",
        "CLUSTER",
        "COMMENT",
        "COMMIT",
        "COPY",
        "DEALLOCATE",
        "DECLARE",
        "DESC",
        "DESCRIBE",
        "DETACH",
        "DISCARD",
        "DO",
        "END",
        "EXPLAIN",
        "EXPORT",
        "FETCH",
        "FLUSH",
        "GRANT",
        "IMPORT",
        "KILL",
        "LISTEN",
        "LOAD",
        "LOCK",
        "MOVE",
        "NOTIFY",
        "OPEN",
        "OPTIMIZE",
        "PREPARE",
        "REFRESH",
        "REINDEX",
        "RELEASE",
        "RENAME",
        "RESET",
        "RESTORE",
        "REVOKE",
        "ROLLBACK",
        "SAVEPOINT",
        "SET",
        "SHOW",
        "START",
        "UNLISTEN",
        "UNLOAD",
        "UNLOCK",
        "USE",
        "VACUUM",
        "VALUES",
        "XA",
    ]
)
"""Operations of which nothing more is said. A first word that is none is nothing known, and may be anything."""
MAY_BE_NESTED = CHANGES | {"WITH"}
"""What may begin a statement inside parentheses, beside SELECT; any other word there is a function's argument."""
NAMED = frozenset({"CALL", "EXEC", "EXECUTE", "PRAGMA"})
"""Operations whose next name is what they are about."""
FIRST = MAY_BE_NESTED | DEFINITIONS | NAMED | OTHERS
OBJECTS = frozenset(
    [
        "TABLE",
        "VIEW",
        "INDEX",
        "SEQUENCE",
        "TRIGGER",
        "FUNCTION",
        "PROCEDURE",
        "TYPE",
        "SCHEMA",
        "DATABASE",
        "EXTENSION",
        "DOMAIN",
        "ROLE",
        "USER",
        "POLICY",
    ]
)
NOISE = frozenset(
    [
        "ONLY",
        "LATERAL",
        "IF",
        "NOT",
        "EXISTS",
        "IGNORE",
        "LOW_PRIORITY",
        "DELAYED",
        "QUICK",
        "CONCURRENTLY",
        "INTO",
        "FROM",
        "OVERWRITE",
        "TABLE",
    ]
)
"""Words that may stand between the word before a table and its name."""
ENDS_TABLES = frozenset(
    [
        "WHERE",
        "GROUP",
        "ORDER",
        "HAVING",
        "LIMIT",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "SET",
        "RETURNING",
        "WINDOW",
        "FETCH",
        "OFFSET",
        "FOR",
        "VALUES",
        "SELECT",
    ]
)
