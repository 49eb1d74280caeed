"""
The way in: everything that was said about the set-up becomes one `Config`.

Strongest first: arguments of `init`, variables `OTEL_AGENT_…`, variables `OTEL_…` of the specification, the overlay file of the
environment, the file, defaults. What is wrong is left out and said; the next source decides then. Nothing here raises, prints,
or changes the environment.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from otel_agent.config.merging import Given, Merged, merge
from otel_agent.config.model import Config
from otel_agent.config.naming import guessed_name
from otel_agent.config.nodes import ConfigNode, Place, origin_of, wrapped
from otel_agent.config.problems import Problems
from otel_agent.config.relations.delivery import fit_export, fit_files, fit_queue, fit_redaction
from otel_agent.config.relations.draft import SettingsDraft
from otel_agent.config.relations.metrics_and_health import fit_health, fit_metrics
from otel_agent.config.relations.tracing import fit_instrument, fit_propagators, fit_resource, fit_sampling
from otel_agent.config.sources.arguments import read_arguments
from otel_agent.config.sources.specification import read_specification
from otel_agent.config.sources.variables import CONFIG, ENVIRONMENT, read_variables
from otel_agent.config.tree import build, leaves
from otel_agent.errors import ConfigurationError
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.config.sources import files, sections
else:
    files = late_module("otel_agent.config.sources.files")  # brings the YAML parser
    sections = late_module("otel_agent.config.sources.sections")

__all__ = ["FILE", "Loaded", "load", "working_directory"]

DECLARATIVE = "OTEL_CONFIG_FILE"
"""Names OpenTelemetry's own declarative file."""

FILE = "otel-agent.yaml"
"""The configuration file that is read when nobody names one."""

_RELATIONS: tuple[Callable[[SettingsDraft], None], ...] = (
    fit_resource,
    fit_export,
    fit_propagators,
    fit_sampling,
    fit_instrument,
    fit_metrics,
    fit_health,
    fit_files,
    fit_queue,
    fit_redaction,
)
"""Every relation between settings, in the order in which one may build on another."""


class Loaded(Struct, frozen=True):
    """A configuration and what is to be said about it."""

    config: Config
    """Every setting."""
    problems: tuple[str, ...] = ()
    """Mistakes, one line each: where, which setting, what was expected and found, what to do. What they are about is not used."""
    warnings: tuple[str, ...] = ()
    """What is used, or has no effect, in a way that may surprise; one line each."""
    given: Mapping[str, str] = {}
    """Where each setting comes from that is not a default, by path; for a mapping each key too."""
    files: tuple[str, ...] = ()
    """Files that were read, strongest first, as messages name them."""
    nodes: Mapping[str, ConfigNode] = {}
    """What was given for each setting, by path, with its lines."""

    @property
    def origins(self) -> dict[str, str]:
        """
        Where every setting comes from, by path.

        Such as "argument endpoint", "environment OTEL_SERVICE_NAME", "otel-agent.yaml:12" or "default".
        """
        return {**dict.fromkeys(leaves(), "default"), **self.given}

    def where(self, path: str) -> str:
        """
        Where a part of a setting was given.

        Args:
            path: A setting, or something in it: `alerts.rules[2].threshold.above`.

        Returns:
            The place, with the line of the innermost part that was given; empty when nobody gave it.
        """
        return origin_of(self.nodes, path)

    def located(self, problem: str) -> str:
        """
        What is wrong with a setting, with the place it was given at, as the reader's own lines have it.

        Args:
            problem: A line that begins with the path of a setting: "alerts.routes[0].to: 'desk' is no notifier".

        Returns:
            The line with file and line number before it; unchanged when it is about no setting that was given.
        """
        path, colon, _ = problem.partition(": ")
        origin = self.where(path) if colon else ""
        return f"{origin}: {problem}" if origin else problem

    def raise_if_strict(self) -> None:
        """
        Raise what is wrong when the set-up wants that.

        Raises:
            ConfigurationError: When `strict` is on and there are mistakes; all of them.
        """
        if self.config.strict and self.problems:
            raise ConfigurationError(self.problems)


def load(
    arguments: Mapping[str, Any],
    *,
    environ: Mapping[str, str] | None = None,
    directory: str | os.PathLike[str] | None = None,
    script: str | Sequence[str] | None = None,
) -> Loaded:
    """
    Read the configuration. Never raises.

    Args:
        arguments: Those of `init`, by name; None means not given.
        environ: The environment; default: of this process.
        directory: The working directory; default: of this process.
        script: What was started, alone or with its arguments, for the name of a service that has none; default: of this process.

    Returns:
        The configuration, where each value comes from, and what is wrong.
    """
    environ = os.environ if environ is None else environ
    here = working_directory() if directory is None else os.path.abspath(directory)  # noqa: PTH100 - texts in, texts out
    problems = Problems()
    given = read_arguments(arguments, problems, here)
    given += read_variables(environ, problems, here)
    given += _chosen_environment(environ, here)
    given += read_specification(environ, problems, here)
    from_files, names = _from_files(arguments.get("config"), given, environ, here, problems)
    merged = merge(given + from_files, problems, here)
    draft = SettingsDraft(merged, problems)
    for make_fit in _RELATIONS:
        make_fit(draft)
    _name(merged, here, script, environ)
    return Loaded(build(merged.values), problems.lines, problems.warnings, merged.origins, names, merged.nodes)


def working_directory() -> str:
    """The working directory of this process, as an absolute path; the root when it has been deleted."""
    try:
        return os.getcwd()  # noqa: PTH109 - texts in, texts out
    except OSError:
        # It was deleted under the agent's feet; nothing relative can be found any more.
        return os.sep


def _chosen_environment(environ: Mapping[str, str], directory: str) -> list[Given]:
    text = environ.get(ENVIRONMENT, "").strip()
    return [("service.environment", ConfigNode(text, Place(f"environment {ENVIRONMENT}", directory)))] if text else []


def _from_files(
    config: object, given: list[Given], environ: Mapping[str, str], directory: str, problems: Problems
) -> tuple[list[Given], tuple[str, ...]]:
    """What the files say, and their names."""
    if isinstance(config, Mapping):
        return sections.flattened(wrapped(config, Place("argument config", directory)), problems), ()
    environment = next((node.value for name, node in given if name == "service.environment" and node.value), None)
    for path in _paths(config, environ, directory, problems):
        found, names = files.read_files(path, environment, environ, directory, problems)
        if names:
            return found, names
    return [], ()


def _paths(config: object, environ: Mapping[str, str], directory: str, problems: Problems) -> list[str]:
    """The files of which the first that has something for us is used."""
    if isinstance(config, str | os.PathLike):
        return [os.fsdecode(config)]
    if config is not None:
        problems.add("argument config", "", f"expected a path or a mapping, found a {type(config).__name__}")
    named = environ.get(CONFIG, "").strip()
    if named:
        return [named]
    declarative = environ.get(DECLARATIVE, "").strip()
    has_file = os.path.exists(os.path.join(directory, FILE))  # noqa: PTH110, PTH118 - texts in, texts out
    return [*([declarative] if declarative else []), *([FILE] if has_file else [])]


def _name(merged: Merged, directory: str, script: str | Sequence[str] | None, environ: Mapping[str, str]) -> None:
    if "service.name" not in merged.values:
        guess = guessed_name(directory, script, environ)
        if guess is not None:
            merged.values["service.name"], merged.origins["service.name"] = guess
