"""Where the stream of telemetry meets judgement; thin and guarded."""
