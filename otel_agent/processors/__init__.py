"""Processors of spans and metrics, between what is recorded and what is delivered or evaluated; thin and guarded."""
