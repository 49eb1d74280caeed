"""
For your own tests: what an agent records, in memory, as plain values; and a clock turned by hand.

    from otel_agent.testing import recorded

    def test_a_breach_is_seen():
        with recorded() as telemetry:
            with pytest.raises(RiskLimitError):
                size("INIT", 17.5)

        assert "error" == telemetry.find("size")["status"]

With pytest the same stands in a fixture:

    def test_a_breach_is_seen(recorded_telemetry): …

    recording   `recorded`, and `Recorded`, what is seen
    values      spans, metrics and log records as plain values
    plugin      the fixture; pytest loads it by itself
"""

from typing import TYPE_CHECKING

from otel_agent.clock import ManualClock
from otel_agent.late_imports import late_names

if TYPE_CHECKING:
    from otel_agent.testing.recording import Recorded, recorded

__all__ = ["ManualClock", "Recorded", "recorded"]

__getattr__ = late_names(  # pytest loads the plugin in every run, whether or not a test asks for it
    __name__,
    {
        "Recorded": "otel_agent.testing.recording",
        "recorded": "otel_agent.testing.recording",
    },
)
