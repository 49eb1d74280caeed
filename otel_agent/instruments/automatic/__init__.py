"""Automatic tracing: spans for functions of chosen modules, without a decorator."""
