"""
Builds SDK objects from `Config`; touches no globals.

One rule says who builds: SDK objects are built here; the objects of one room by that room itself, from its own section of the
configuration; what joins several rooms in `telemetry.assembly`.
"""
