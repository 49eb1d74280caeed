"""Spans and durations, recorded cheaply behind the SDK's public interfaces."""
