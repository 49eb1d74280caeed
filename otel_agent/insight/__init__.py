"""
Insight: what the telemetry of an agent says about the agent, as findings that name the line, the saving and the fix.

    findings        `Finding`, what is told, and `Sighting`, what a detector has seen
    finding_store   every finding once, however often it is seen; a bounded number of them
    events          a finding as a log event

Nothing here knows of OpenTelemetry's packages, threads or time: detectors are pure, and are driven by `telemetry.assembly.insight`.
"""
