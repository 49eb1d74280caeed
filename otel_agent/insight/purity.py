"""
Whether a function can be seen to do something beside answering, by its code.

Equal answers are no proof: a function that sends an order answers "ok" each time. So the code of a function, and of the agent's own
functions that it calls, is read for what gives it away: writing to what is not its own, asking for the time, for chance, for files and
the network. What cannot be seen is left to the comparison of answers.
"""

import dis
import sys
import types
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

__all__ = ["impurity"]

MOST_FUNCTIONS = 40
MOST_DEPTH = 4

_CHANGES = frozenset((
    "append", "appendleft", "add", "update", "pop", "popleft", "popitem", "insert", "extend", "remove",
    "discard", "clear", "setdefault", "write", "writelines", "writerow", "writerows", "send", "sendall",
    "sendto", "send_message", "put", "put_nowait", "commit", "rollback", "publish", "emit", "post", "delete",
    "save", "flush", "increment", "incr", "inc", "decr", "dec", "debug", "info", "warning", "error",
    "exception", "critical", "log", "set", "set_result", "set_exception", "notify", "notify_all", "acquire",
    "release", "submit", "start", "execute", "executemany", "executescript", "add_all", "merge",
    "bulk_save_objects", "scalar", "scalars", "fetchone", "fetchall", "request", "urlopen", "recv", "readline", "readlines",
    "read", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir", "rmdir", "touch",
    "rename", "sort", "reverse", "get_nowait", "patch", "connect", "cursor",
    "exists", "is_file", "is_dir", "lstat", "iterdir", "rglob", "getmtime", "getsize", "isfile", "isdir", "cwd",
))  # fmt: skip
"""Methods that change what they are called on, or ask the world outside."""

_OUTSIDE = frozenset((
    "random", "secrets", "socket", "subprocess", "requests", "httpx", "urllib", "urllib3", "http", "smtplib",
    "ftplib", "shutil", "tempfile", "sqlite3", "psycopg", "psycopg2", "aiohttp", "redis", "boto3", "logging",
    "select", "selectors", "signal", "uuid", "getpass", "queue", "multiprocessing",
))  # fmt: skip
"""Modules that whoever uses them has to do with chance or the world outside."""

_CLOCKS = {
    "time": frozenset(
        [
            "time",
            "time_ns",
            "monotonic",
            "monotonic_ns",
            "perf_counter",
            "perf_counter_ns",
            "process_time",
            "localtime",
            "gmtime",
            "ctime",
            "strftime",
            "thread_time",
            "thread_time_ns",
            "process_time_ns",
            "clock_gettime",
            "clock_gettime_ns",
        ]
    ),
    "datetime": frozenset(("now", "utcnow", "today")),
    "os": frozenset(
        [
            "environ",
            "getenv",
            "urandom",
            "getpid",
            "getcwd",
            "getloadavg",
            "cpu_count",
            "times",
            "walk",
            "access",
            "lstat",
            "read",
            "readlink",
            "replace",
            "listdir",
            "scandir",
            "stat",
            "remove",
            "unlink",
            "rename",
            "mkdir",
            "makedirs",
            "system",
            "popen",
            "open",
        ]
    ),
    "uuid": frozenset(("uuid1", "uuid4")),
    "asyncio": frozenset(("create_task", "ensure_future", "gather")),
    "threading": frozenset(("get_ident", "current_thread", "Thread")),
    "gc": frozenset(("collect",)),
}
"""Of these modules only some names."""

_BUILTINS = frozenset(
    ("print", "open", "input", "next", "anext", "exec", "eval", "setattr", "delattr", "globals", "id", "breakpoint")
)

_LOADS_LOCAL = frozenset(
    (
        "LOAD_FAST",
        "LOAD_FAST_CHECK",
        "LOAD_FAST_AND_CLEAR",
        "LOAD_FAST_BORROW",
        "LOAD_FAST_LOAD_FAST",
        "LOAD_DEREF",
        "LOAD_CLOSURE",
    )
)
_NULL_COMES_FIRST = sys.version_info < (3, 13)
_WRITES_SQL = ("insert ", "update ", "delete ", "replace ", "create ", "drop ", "alter ", "truncate ", "merge ")


def impurity(function: Callable[..., Any]) -> str | None:
    """
    What gives a function away.

    Args:
        function: A Python function, undecorated.

    Returns:
        A few words, such as "it asks random.random"; None where nothing is seen.
    """
    seen: set[int] = set()
    return _look(function, seen, 0)


def _look(function: Any, seen: set[int], depth: int) -> str | None:
    function = _unwrapped(function)
    code = getattr(function, "__code__", None)
    if code is None or id(code) in seen or len(seen) >= MOST_FUNCTIONS or depth > MOST_DEPTH:
        return None
    seen.add(id(code))
    called: list[Any] = []
    reason = _look_at_code(code, function, called)
    if reason is not None:
        return reason
    for each in called:
        found = _look(each, seen, depth + 1)
        if found is not None:
            return found
    return None


def _unwrapped(function: Any) -> Any:
    for _ in range(20):
        if isinstance(function, types.MethodType | staticmethod | classmethod):
            function = function.__func__
        elif isinstance(function, types.FunctionType) and "__wrapped__" in function.__dict__:
            function = function.__dict__["__wrapped__"]
        else:
            return function
    return function


def _look_at_code(code: types.CodeType, function: Any, called: list[Any]) -> str | None:  # noqa: C901, PLR0911, PLR0912 - one line for each sign
    parameters = set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + _extra_parameters(code)])
    own = set(code.co_varnames) - parameters
    space = getattr(function, "__globals__", {})
    free = _free_values(function)
    instructions = [
        each for each in dis.get_instructions(code) if each.opname not in {"CACHE", "EXTENDED_ARG", "PUSH_NULL"}
    ]
    given = _called_parameter(code, parameters)
    if given is not None:
        return f"it calls {given}, which it is given"
    base: str | None = None
    """Where the object on top of the stack comes from: "own", "foreign" or "made"."""
    path = ""
    for instruction in instructions:
        name, value = instruction.opname, instruction.argval
        if name in {"STORE_GLOBAL", "DELETE_GLOBAL"}:
            return f"it sets {value}"
        if name == "STORE_DEREF" and value in code.co_freevars:
            return f"it sets {value}"
        if name in {"STORE_ATTR", "DELETE_ATTR"} and _container_is_foreign(instructions, instruction, own):
            return f"it sets the attribute {value}"
        if name in {"STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"} and _container_is_foreign(
            instructions, instruction, own
        ):
            return "it sets an item"
        if name in _LOADS_LOCAL:
            last = value[-1] if isinstance(value, tuple) else value
            base, path = (
                ("own" if last in own or (last in code.co_cellvars and last not in parameters) else "foreign"),
                "",
            )
            if last in free:
                path, found = _described(last, free[last], called)
                if found is not None:
                    return found
        elif name in {"LOAD_GLOBAL", "LOAD_NAME"}:
            base, path = "foreign", ""
            if value in _BUILTINS and value not in space:
                return f"it calls {value}"
            target = space.get(value)
            path, found = _described(value, target, called)
            if found is not None:
                return found
        elif name in {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"}:
            if path:
                if value in _CLOCKS.get(path, ()):
                    return f"it asks {path}.{value}"
                if path in _CLOCKS and isinstance(space_module := _module(path), types.ModuleType):
                    member = getattr(space_module, value, None)
                    path = value if (value in _CLOCKS and not callable(member)) or value == "datetime" else ""
                    base = "foreign"
                    continue
                path = ""
            elif value in _CHANGES and base == "foreign":
                return f"it calls {value}"
            elif base == "foreign":
                _follow_method(function, value, called)
        elif name in {
            "BUILD_LIST",
            "BUILD_MAP",
            "BUILD_SET",
            "BUILD_TUPLE",
            "BUILD_STRING",
            "CALL",
            "PRECALL",
            "CALL_KW",
            "BINARY_OP",
        }:
            base, path = "made", ""
        elif name == "LOAD_CONST":
            if isinstance(value, str) and value.lstrip().lower().startswith(_WRITES_SQL):
                return "it writes to a database"
            if isinstance(value, types.CodeType):
                inner = types.FunctionType(value, space, closure=tuple(types.CellType() for _ in value.co_freevars))
                called.append(inner)
            base = "made"
    return None


def _called_parameter(code: types.CodeType, parameters: set[str]) -> str | None:
    """A parameter that is called as a function: nobody knows what it does. The interpreter puts a null beside what it calls."""
    instructions = [each for each in dis.get_instructions(code) if each.opname not in {"CACHE", "EXTENDED_ARG"}]
    for first, second in pairwise(instructions):
        null, called = (first, second) if _NULL_COMES_FIRST else (second, first)
        if null.opname == "PUSH_NULL" and called.opname.startswith(("LOAD_FAST", "LOAD_DEREF")):
            name = called.argval[-1] if isinstance(called.argval, tuple) else called.argval
            if name in parameters:
                return str(name)
    return None


def _extra_parameters(code: types.CodeType) -> int:
    return bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)


def _described(name: str, target: Any, called: list[Any]) -> tuple[str, str | None]:  # noqa: PLR0911 - one for each kind
    """How an attribute of a name is to be read, and what gives the name itself away."""
    if isinstance(target, types.ModuleType):
        root = target.__name__.partition(".")[0]
        if root in _OUTSIDE:
            return "", f"it uses {root}"
        return (root if root in _CLOCKS else "module"), None
    module = str(getattr(target, "__module__", "") or "")
    root = module.partition(".")[0]
    owner = getattr(target, "__self__", None)
    if type(owner).__module__ == "random" or type(target).__module__.partition(".")[0] in _OUTSIDE:
        return "", f"it uses {name}"
    if root in _OUTSIDE and callable(target) and not isinstance(target, types.ModuleType):
        return "", f"it calls {name}"
    if isinstance(target, type) and module == "datetime":
        return "datetime", None
    known = getattr(target, "__name__", "")
    if root in _CLOCKS and known in _CLOCKS[root]:
        return "", f"it calls {root}.{known}"
    if isinstance(target, types.FunctionType):
        called.append(target)
    return "", None


def _module(root: str) -> Any:
    return sys.modules.get(root)


def _free_values(function: Any) -> dict[str, Any]:
    found = {}
    code, closure = getattr(function, "__code__", None), getattr(function, "__closure__", None) or ()
    for name, cell in zip(getattr(code, "co_freevars", ()), closure, strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    return found


def _follow_method(function: Any, name: str, called: list[Any]) -> None:
    """A method of the function's own class."""
    owner: Any = getattr(function, "__globals__", {})
    parts = str(getattr(function, "__qualname__", "")).split(".")[:-1]
    if not parts or "<locals>" in parts:
        return
    owner = owner.get(parts[0])
    for part in parts[1:]:
        owner = vars(owner).get(part) if isinstance(owner, type) else None
    if isinstance(owner, type):
        for base in owner.__mro__:
            member = vars(base).get(name)
            if isinstance(member, types.FunctionType | staticmethod | classmethod):
                called.append(member)
                return


def _container_is_foreign(instructions: list[dis.Instruction], store: dis.Instruction, own: set[str]) -> bool:
    """The container is loaded by the first instruction of the target, which has the position of the whole target."""
    where = store.positions
    if where is None or where.col_offset is None:
        return True
    for each in instructions:
        at = each.positions
        if (
            at is not None
            and (at.lineno, at.col_offset) == (where.lineno, where.col_offset)
            and each.offset < store.offset
        ):
            names = each.argval if isinstance(each.argval, tuple) else (each.argval,)
            if each.opname in _LOADS_LOCAL:
                return not any(name in own for name in names)
            if each.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
                return True
    return _loaded_before(instructions, store, own)


def _loaded_before(instructions: list[dis.Instruction], store: dis.Instruction, own: set[str]) -> bool:
    names: Iterator[Any] = (
        each.argval for each in reversed(instructions) if each.offset < store.offset and each.opname in _LOADS_LOCAL
    )
    for value, _ in zip(names, range(3), strict=False):
        if any(name in own for name in (value if isinstance(value, tuple) else (value,))):
            return False
    return True
