"""
The texts below the fields of the model, read from its source.

Python keeps no docstring of a field; the model's source is the one place where meaning, unit and default stand, so the
reference page, the JSON Schema and the command line read it there.
"""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise
from typing import Any

from msgspec import Struct

from otel_agent.config.reflection import fields_of

__all__ = ["described"]


@cache
def described(struct: Any) -> dict[str, str]:
    """
    What the fields of a class mean, those included that it inherits.

    Args:
        struct: A class of the model.

    Returns:
        By key, in the order of the fields, each on one line; fields are missing where there is no source to read.
    """
    texts: dict[str, str] = {}
    for one in reversed(struct.__mro__):
        if one is not Struct and issubclass(one, Struct):
            texts |= _own(one)
    return {name: texts[field.attribute] for name, field in fields_of(struct).items() if field.attribute in texts}


def _own(struct: Any) -> dict[str, str]:
    """The texts that stand in a class, by attribute."""
    try:
        source = textwrap.dedent(inspect.getsource(struct))
    except (OSError, TypeError):
        return {}
    body = ast.parse(source).body[0]
    found = {}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for statement, after in pairwise(statements):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and is_text:
            found[statement.target.id] = " ".join(str(ast.literal_eval(after.value)).split())  # type: ignore[attr-defined]  # is_text says so
    return found
