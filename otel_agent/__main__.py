"""`python -m otel_agent`: the command line, where its script is not on the path."""

import sys

from otel_agent.cli import main

if __name__ == "__main__":
    sys.exit(main())
