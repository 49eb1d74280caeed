"""
Sources of instrumentations: which modules of a library they use, and which libraries they name when their metadata do not.

The text is read and never run: an instrumentation imports its library, and nothing is imported that the agent does not import.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

__all__ = ["declared_libraries", "mentioned_modules", "used_modules"]

_IMPORT = re.compile(r"^import[ \t]+([\w., \t]+)", re.MULTILINE)
_FROM_IMPORT = re.compile(r"^from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n]*))", re.MULTILINE)
_ANY_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import|import[ \t]+([A-Za-z_]\w*))", re.MULTILINE
)
_LIST = r"[ \t]*[(\[]((?:[^()\[\]\"']|\"[^\"\n]*\"|'[^'\n]*')*)[)\]]"
_ASSIGNED = re.compile(rf"^_instruments\w*[^=\n]*={_LIST}", re.MULTILINE)
_DECLARED = re.compile(rf"^[ \t]+return{_LIST}", re.MULTILINE)
_METHOD = re.compile(r"def instrumentation_dependencies\b.*?(?=^\s*(?:def |class |@)|\Z)", re.MULTILINE | re.DOTALL)
_STRING = re.compile(r"[\"']([A-Za-z0-9][\w.-]*)[^\"'\n]*[\"']")
_COMMENT = re.compile(r"#[^\n]*")


def used_modules(module: str, library: str) -> set[str]:
    """
    The modules of a library that an instrumentation imports when it is imported itself.

    Args:
        module: Full name of the instrumentation's module; it is not imported.
        library: Name by which the library is imported, of a module that is imported.

    Returns:
        Full names, such as {"aiohttp.web"}; the library's own name where a name of its front door is used. Empty when the
        source is not to be had, or imports the library later.
    """
    found: set[str] = set()
    for text in _texts(module):
        for names in _IMPORT.findall(text):
            for name in names.split(","):
                words = name.split()
                if words and _is_below(words[0], library):
                    found.add(library)
        for source, *names in _FROM_IMPORT.findall(text):
            if _is_below(source, library):
                found.update(_imported_from(source, _COMMENT.sub("", "".join(names)), library))
    return found


def mentioned_modules(module: str) -> set[str]:
    """
    The outermost modules that an instrumentation may import, at whatever place and on whatever condition.

    Args:
        module: Full name of its module; it is not imported.

    Returns:
        Names such as {"flask", "click"}, without the standard library and OpenTelemetry.
    """
    found = {name for text in _texts(module) for names in _ANY_IMPORT.findall(text) for name in names if name}
    return found - sys.stdlib_module_names - {"opentelemetry"}


def declared_libraries(module: str) -> list[str]:
    """
    The libraries an instrumentation names in `_instruments` or in `instrumentation_dependencies`.

    Args:
        module: Full name of its module; it is not imported.

    Returns:
        Names of distributions; empty when none can be read.
    """
    found: list[str] = []
    for text in _texts(module):
        methods = "".join(_METHOD.findall(text))
        rest = text.replace(methods, "") if methods else text
        for values in (*_DECLARED.findall(methods), *_ASSIGNED.findall(rest)):
            found.extend(_STRING.findall(values))
    return list(dict.fromkeys(found))


def _is_below(name: str, library: str) -> bool:
    return name == library or name.startswith(f"{library}.")


def _imported_from(source: str, names: str, library: str) -> Iterator[str]:
    for each in names.split(","):
        words = each.split()
        if words:
            inner = f"{source}.{words[0]}"
            yield inner if _is_module(inner, library) else source


def _is_module(name: str, library: str) -> bool:
    """Whether it is a module below the library, by its file alone."""
    if name in sys.modules:
        return True
    package = sys.modules.get(library)
    parts = name.removeprefix(library).strip(".").split(".")
    for place in _places(package):
        path = Path(place).joinpath(*parts)
        if path.is_dir() or path.with_suffix(".py").is_file() or any(path.parent.glob(f"{path.name}.*so")):
            return True
    return False


def _places(package: ModuleType | None) -> Sequence[str]:
    try:
        return [str(place) for place in vars(package).get("__path__", ())]
    except Exception:  # noqa: BLE001 - a library may put any object in the place of a module
        return []


def _texts(module: str) -> Iterator[str]:
    """The source of a module, and of those beside it when it is a package."""
    parts = module.split(".")
    for entry in sys.path:
        path = Path(entry or ".").joinpath(*parts)
        files = sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
        texts = [file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file()]
        if texts:
            yield from texts
            return
