"""Which traces leave, and how large a span may be."""

from otel_agent.config.sections.sampling import LimitsSettings, SamplingSettings


def test_every_trace_leaves() -> None:
    """Unless a ratio, a sampler or a bound is given."""
    sampling = SamplingSettings()

    assert (1.0, None, None, False, None) == (
        sampling.ratio,
        sampling.sampler,
        sampling.calls_per_s,
        sampling.keep_errors,
        sampling.keep_slower_than_s,
    )


def test_limits_are_those_of_the_specification() -> None:
    """128 of everything, and no bound to the length of a string."""
    limits = LimitsSettings()

    assert {128} == {
        limits.attributes,
        limits.events,
        limits.links,
        limits.event_attributes,
        limits.link_attributes,
        limits.log_attributes,
    }
    assert (None, None) == (limits.attribute_length, limits.log_attribute_length)
