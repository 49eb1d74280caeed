"""
The list of parts of this package, as CycloneDX 1.6: every package that an installation brings, with version, licence and who needs whom.

Versions are those of the environment this runs in, which is the one the tests run in. A range of versions is allowed for each; the
property `otel-agent:requirement` of a direct dependency has it.

Source: https://cyclonedx.org/docs/1.6/json/.
"""

import re
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement

__all__ = ["bill_of_materials"]

_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
}
"""The licences that classifiers name, by their SPDX identifiers."""

_WORDS = {
    "BSD": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
}
"""What packages write in place of an identifier."""


def bill_of_materials(package: str = "otel-agent") -> dict[str, Any]:
    """
    Describe an installed package with everything it needs, without its extras.

    Args:
        package: Name on the package index.

    Returns:
        A document of CycloneDX 1.6; the same for the same environment.

    Raises:
        importlib.metadata.PackageNotFoundError: Something that is needed is not installed.
    """
    graph = _needed(package)
    about, direct = metadata.metadata(package), _requirements(package)
    documented = {name: _component(name, direct.get(name)) for name in graph}
    whole = documented.pop(package)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, repr(sorted((name, _version(name)) for name in graph)))}",
        "version": 1,
        "metadata": {"component": {**whole, "description": about["Summary"]}, "lifecycles": [{"phase": "build"}]},
        "components": [documented[name] for name in sorted(documented)],
        "dependencies": [
            {"ref": _purl(name), "dependsOn": [_purl(other) for other in sorted(graph[name])]} for name in sorted(graph)
        ],
    }


def _needed(package: str) -> Mapping[str, tuple[str, ...]]:
    """Every package that is installed with one, itself included, each with those it needs."""
    found: dict[str, tuple[str, ...]] = {}
    waiting = [package]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = tuple(_requirements(name))
            waiting.extend(found[name])
    return found


def _requirements(name: str) -> dict[str, str]:
    """What a package needs here, with the versions it takes."""
    wanted = (Requirement(text) for text in metadata.requires(name) or ())
    return {
        _normal(each.name): str(each.specifier)
        for each in wanted
        if each.marker is None or each.marker.evaluate({"extra": ""})
    }


def _component(name: str, taken: str | None) -> dict[str, Any]:
    about = metadata.metadata(name)
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": _purl(name),
        "name": name,
        "version": _version(name),
        "purl": _purl(name),
        "licenses": list(_licences(about)),
    }
    if taken is not None:
        component["properties"] = [{"name": "otel-agent:requirement", "value": taken or "any version"}]
    return component


def _licences(about: Any) -> Iterator[dict[str, Any]]:
    written = str(about.get("License-Expression") or "")
    if written:
        yield {"expression": written}
        return
    classified = [
        each.rpartition(" :: ")[2] for each in about.get_all("Classifier") or () if each.startswith("License :: ")
    ]
    known = [_CLASSIFIERS[each] for each in classified if each in _CLASSIFIERS]
    text = str(about.get("License") or "").strip().splitlines()
    short = _WORDS.get(text[0], text[0]) if text else ""
    if known:
        yield from ({"license": {"id": each}} for each in known)
    elif re.fullmatch(r"[\w.+-]{2,40}", short):
        yield {"license": {"id": short}}
    else:
        yield {"license": {"name": short[:80] or _first_line(str(about["Name"])) or "not said"}}


def _first_line(name: str) -> str:
    """What the licence of a package is called in its own first line."""
    licences = [path for path in metadata.files(name) or () if "licen" in path.name.lower()]
    lines = licences[0].read_text().strip().splitlines() if licences else []
    return lines[0].strip()[:80] if lines else ""


def _purl(name: str) -> str:
    return f"pkg:pypi/{name}@{_version(name)}"


def _version(name: str) -> str:
    return metadata.version(name)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
