"""
Insight: what the telemetry of an agent says about the agent, as findings that name the line, the saving and the fix.

    findings        `Finding`, what is told, and `Sighting`, what a detector has seen
    finding_store   every finding once, however often it is seen; a bounded number of them
    events          a finding as a log event
    baselines       whether code has become slower
    memory          what grows, and shorter collections
    gc_pressure     collections that take a noticeable share of the time

Nothing here knows of OpenTelemetry's packages: detectors are pure, and are driven by `telemetry.assembly`.
"""
