"""Print the reference page: `python -m otel_agent.catalog > docs/reference/metrics.md`."""

import sys

from otel_agent.catalog.page import render

if __name__ == "__main__":
    sys.stdout.write(render())
