"""Print a reference page: `python -m otel_agent.config configuration > docs/reference/configuration.md`."""

import sys

from otel_agent.config.reference.pages import PAGES

if __name__ == "__main__":
    sys.stdout.write(PAGES[sys.argv[1]]())
