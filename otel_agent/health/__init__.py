"""Checks, their aggregation, and the probe endpoints /livez /readyz /startupz /healthz."""
