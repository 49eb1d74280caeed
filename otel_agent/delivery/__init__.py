"""The way out: queue, wire encoding, spool, sender. One engine for three signals."""
