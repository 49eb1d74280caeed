"""Resource, sampling, propagation and instrumentation: names that must exist, and settings that need each other."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from otel_agent.config.relations.draft import SettingsDraft
from otel_agent.config.sections.service import OWN_ATTRIBUTES
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import importlib.metadata as importlib_metadata

    from otel_agent.config import wording
else:
    wording = late_module("otel_agent.config.wording")
    importlib_metadata = late_module("importlib.metadata")

__all__ = [
    "OWN_ATTRIBUTES",
    "PROPAGATORS",
    "SAMPLERS",
    "fit_instrument",
    "fit_propagators",
    "fit_resource",
    "fit_sampling",
]

SAMPLERS = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)
"""Samplers the SDK has; others come as entry points."""

PROPAGATORS = ("tracecontext", "baggage", "none")
"""Propagators the API has; others come as entry points."""


def fit_resource(draft: SettingsDraft) -> None:
    """
    An attribute with a setting of its own is that setting.

    Args:
        draft: Changed in place.
    """
    attributes = draft.value("resource.attributes")
    for name, path in OWN_ATTRIBUTES.items():
        if name not in attributes:
            continue
        attributes = {other: value for other, value in attributes.items() if other != name}
        where = f"resource.attributes.{name}"
        if draft.is_given(path):
            draft.warn(where, f"has no effect: {path} is given too")
        else:
            draft.put(path, str(draft.value("resource.attributes")[name]), draft.origin(where))
        draft.put("resource.attributes", attributes)


def fit_propagators(draft: SettingsDraft) -> None:
    """
    Every propagator exists, and `none` stands alone.

    Args:
        draft: Changed in place.
    """
    if not draft.is_given("propagators"):
        return
    names = list(dict.fromkeys(_usual(name, PROPAGATORS) for name in draft.value("propagators")))
    known = [name for name in names if _exists("propagators", name, PROPAGATORS, "opentelemetry_propagator", draft)]
    if "none" in known:
        if len(known) > 1:
            draft.warn("propagators", "none has no effect beside others; leave it out, or leave the others out")
        known.remove("none")
    if known or "none" in names or not names:
        draft.put("propagators", tuple(known))
    else:
        draft.drop("propagators")


def fit_sampling(draft: SettingsDraft) -> None:
    """
    A sampler exists, has the argument it needs, and takes the place of the ratio.

    Args:
        draft: Changed in place.
    """
    if draft.is_given("sampling.sampler"):
        sampler = _usual(draft.value("sampling.sampler"), SAMPLERS)
        draft.put("sampling.sampler", sampler)
        if not _exists("sampling.sampler", sampler, SAMPLERS, "opentelemetry_traces_sampler", draft):
            draft.drop("sampling.sampler")
    sampler = draft.value("sampling.sampler")
    if sampler is None:
        draft.warn_without_effect(
            "sampling.argument", "it is given to sampling.sampler, which is not given; write sampling.ratio"
        )
        return
    draft.warn_without_effect("sampling.ratio", f"sampling.sampler, which is {sampler}, takes its place")
    if sampler in SAMPLERS and not sampler.endswith("traceidratio"):
        draft.warn_without_effect("sampling.argument", f"{sampler} takes none")
    elif sampler in SAMPLERS and draft.is_given("sampling.argument"):
        argument = draft.value("sampling.argument")
        if not _is_share(argument):
            draft.problem("sampling.argument", f"expected a number from 0 to 1 for {sampler}, found {argument[:60]!r}")
            draft.drop("sampling.argument")


def fit_instrument(draft: SettingsDraft) -> None:
    """
    A bound for automatic spans needs modules that have some.

    Args:
        draft: Changed in place.
    """
    if not draft.value("instrument.modules"):
        draft.warn_without_effect("instrument.min_duration_s", "instrument.modules (trace_modules) is off")


def _usual(name: str, known: Iterable[str]) -> str:
    """A name in the form it is known in: the specification lets upper and lower case be the same."""
    return name.lower() if name.lower() in known else name


def _exists(path: str, name: str, known: Iterable[str], group: str, draft: SettingsDraft) -> bool:
    if name in known:
        return True
    # Only a name that is not built in is looked up among what is installed, which reads many files.
    installed = sorted({entry_point.name for entry_point in importlib_metadata.entry_points(group=group)})
    if name in installed:
        return True
    names = sorted({*known, *installed})
    near = wording.nearest(name, names)
    hint = f"did you mean {near}?" if near else f"known are {', '.join(names)}"
    draft.problem(path, f"{name[:60]!r} is not installed; {hint}")
    return False


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
