"""Lets tests import the stand-ins that several folders share."""

import sys
from pathlib import Path

for shared in ("delivery/wire", "servers"):
    sys.path.insert(0, str(Path(__file__).parent / shared))
