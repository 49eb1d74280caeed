"""Every relation, in the order in which one may build on another."""

from collections.abc import Callable

from otel_agent.config.relations.draft import SettingsDraft
from otel_agent.config.relations.measuring import fit_health, fit_metrics
from otel_agent.config.relations.recording import fit_instrument, fit_propagators, fit_resource, fit_sampling
from otel_agent.config.relations.sending import fit_export, fit_files, fit_queue, fit_redaction

__all__ = ["make_fit"]

_CHECKS: tuple[Callable[[SettingsDraft], None], ...] = (
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


def make_fit(draft: SettingsDraft) -> None:
    """
    Say what does not fit together, and make it fit.

    Args:
        draft: Changed in place.
    """
    for check in _CHECKS:
        check(draft)
