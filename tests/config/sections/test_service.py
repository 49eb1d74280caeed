"""Who emits."""

from otel_agent.config.sections.service import OWN_ATTRIBUTES, ResourceSettings, ServiceSettings


def test_a_service_without_a_name_is_unknown() -> None:
    """As OpenTelemetry calls it; what is not given is no attribute."""
    service = ServiceSettings()

    assert ("unknown_service", None, None, None) == (
        service.name,
        service.namespace,
        service.version,
        service.environment,
    )
    assert {} == ResourceSettings().attributes


def test_attributes_with_a_setting_of_their_own_are_settings_of_service() -> None:
    """So that nothing is said twice."""
    assert {path.partition(".")[2] for path in OWN_ATTRIBUTES.values()} == set(ServiceSettings.__struct_fields__)
