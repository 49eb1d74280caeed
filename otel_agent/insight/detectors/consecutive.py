"""
Calls that wait for each other and need not: requests, queries or tools, one after another.

They stand in one function, and none takes what another one gave.
Whether they depend on each other is read from the function's code (`data_flow`) and from digests of what went in and came out. What
writes, by its method or its name, has to stay where it is.
"""

import re
from collections.abc import Iterator, Sequence

from otel_agent.insight.data_flow import depends
from otel_agent.insight.findings import Sighting
from otel_agent.insight.pieces import Call, PieceOfWork, common_frame, place_of_frame

__all__ = ["EACH_S", "LEAST_S", "LEAST_SHARE", "consecutive_calls", "is_writing_name"]

EACH_S = 0.03
"""Shorter calls do not count."""

LEAST_S = 0.1
LEAST_SHARE = 0.1
"""What has to be won: this long, and this share of the piece."""

_OVERLAP_NS = 1_000_000

_WRITES = frozenset((
    "abort", "accept", "acquire", "add", "adjust", "alter", "append", "apply", "approve", "archive", "assign", "authenticate",
    "authorize", "begin", "book", "buy", "cancel", "change", "charge", "clear", "click", "close", "commit", "confirm", "connect",
    "consume", "create", "deactivate", "debit", "delete", "deploy", "deposit", "disable", "drop", "edit", "enable",
    "end", "enqueue", "execute_order", "finish", "flush", "insert", "kill", "launch", "lock", "log", "login",
    "logout", "make", "mark", "merge", "migrate", "mkdir", "modify", "move", "notify", "open", "order", "patch", "pay", "place", "post",
    "publish", "purge", "push", "put", "record", "refund", "register", "release", "remove", "rename",
    "replace", "reserve", "reset", "restart", "rewrite", "rm", "rollback", "save", "schedule", "sell", "send", "set", "setup",
    "sign", "start", "stop", "store", "submit", "subscribe", "sync", "transfer", "trigger", "toggle", "truncate", "undo",
    "unlock", "unregister", "update", "upload", "upsert", "withdraw", "write",
))  # fmt: skip
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def is_writing_name(name: str) -> bool:
    """
    Whether a function's name says that it changes something.

    Args:
        name: Name of a function, a span, or a tool.
    """
    words = [word.lower() for word in _WORDS.findall(name.rpartition(".")[2])]
    return any(word in _WRITES for word in words[:2])


def consecutive_calls(piece: PieceOfWork, dealt_with: set[int]) -> list[tuple[Sighting, frozenset[int]]]:
    """
    Find calls that could run at the same time.

    Args:
        piece: A piece of work with its calls.
        dealt_with: Calls that another finding is about.

    Returns:
        What was seen, each with the span ids of the calls it is about.
    """
    found: list[tuple[Sighting, frozenset[int]]] = []
    if piece.took_s < LEAST_S:
        return found
    for group in _groups(piece, dealt_with):
        if group[0].kind == "query" and len({call.text for call in group}) == 1:
            continue  # the same query again and again is another matter
        saved_s = sum(call.took_s for call in group) - max(call.took_s for call in group)
        if saved_s >= LEAST_S and saved_s >= LEAST_SHARE * piece.took_s:
            found.append((_sighting(piece, group, saved_s), frozenset(call.span_id for call in group)))
    return found


def _groups(piece: PieceOfWork, dealt_with: set[int]) -> Iterator[list[Call]]:
    """Calls of which none needs another one, as many together as there are."""
    group: list[Call] = []
    end_ns = 0
    for call in piece.calls:
        if call.level and call.kind != "query":
            continue
        is_first = call.start_ns >= end_ns - _OVERLAP_NS
        end_ns = max(end_ns, call.end_ns)
        is_fit = is_first and _may_move(call) and call.span_id not in dealt_with
        if is_fit and call.took_s >= EACH_S and all(_are_independent(each, call) for each in group):
            group.append(call)
            continue
        if call.took_s < EACH_S and is_first and _may_move(call):
            continue  # too short to matter, and nobody has to wait for it
        if len(group) > 1:
            yield group
        group = [call] if is_fit and call.took_s >= EACH_S else []
    if len(group) > 1:
        yield group


def _may_move(call: Call) -> bool:
    return not (call.is_write or call.is_error)


def _are_independent(earlier: Call, later: Call) -> bool:
    if earlier.kind != later.kind:
        return False
    if earlier.kind == "tool" and (earlier.name, earlier.argument) == (later.name, later.argument):
        return False  # asked the same again: it can be kept, which is another finding
    if later.arguments & (earlier.results - earlier.arguments):
        return False  # what was known before is nothing that it gave
    frame = common_frame(earlier, later)
    return frame is not None and not depends(*frame)


def _sighting(piece: PieceOfWork, group: Sequence[Call], saved_s: float) -> Sighting:
    frame = common_frame(group[0], group[1])
    place, subject = "", piece.name or group[0].name
    is_async = False
    if frame is not None:
        code = frame[0]
        place, subject = place_of_frame(frame), code.co_qualname
        is_async = bool(code.co_flags & 0x80)
    is_tool = group[0].kind == "tool"
    if is_async:
        how = "Await them together with `asyncio.gather` or in a `TaskGroup`"
    elif group[0].kind == "query":
        how = "Ask for all of it in one query, or send them at the same time on connections of their own"
    else:
        how = "Run them at the same time in a `ThreadPoolExecutor`"
    return Sighting(
        "sequential_tools" if is_tool else "consecutive_calls",
        subject,
        place,
        {
            "calls": len(group),
            "took_s": saved_s + max(call.took_s for call in group),
            "longest_s": max(call.took_s for call in group),
            "names": ", ".join(dict.fromkeys(call.name for call in group))[:200],
        },
        f"{how}: none of them takes what another one gave.",
        saved_s,
        piece.start_ns / 1e9,
        piece.end_ns / 1e9,
        0.8,
        (f"{piece.trace_id:032x}",),
    )
