"""
Expressions in the words of the parser: what Prometheus 3 reads and `promql_parser` does not, written otherwise.

Strings in backticks, in which a backslash is a backslash, become strings in quotes; underscores between digits go. What stands
in strings and comments is left alone.

Source: https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals
"""

import re

from otel_agent.errors import RuleError

__all__ = ["normalized"]

_PIECE = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|`(?P<raw>[^`]*)`|(?P<comment>\#[^\n]*)"""
    r"""|(?P<number>(?<![\w.:])(?:0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)+|\d+(?:_\d+)+(?:\.\d+)?(?:[eE][+-]?\d+)?|\d*\.\d+(?:_\d+)+)(?![\w:]))"""
    r"""|(?P<past>@\s*-)"""
)


def normalized(text: str) -> str:
    """
    Rewrite an expression for the parser.

    Args:
        text: Expression in PromQL.

    Raises:
        RuleError: When a moment before 1970 is asked for.
    """
    return _PIECE.sub(_rewritten, text) if "`" in text or "_" in text or "@" in text else text


def _rewritten(match: "re.Match[str]") -> str:
    raw = match["raw"]
    if raw is not None:
        return '"' + raw.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
    if match["number"]:
        return match["number"].replace("_", "")
    if match["past"]:
        raise RuleError(["@ with a moment before 1970 is outside the subset"])
    return match.group()
