"""Judgement: Prometheus rules evaluated over `series`. Pure: time is an argument."""
