"""
What could not be sent, on the disk: append-only files of framed requests, one writer per process.

    frames       how requests lie in a file, and how damage is passed over
    segments     one file: append, read from the front, acknowledge, remove
    homes        directories, and whose they are
    bounds       how much, how old, what goes first
    quarantine   records no receiver takes
    spool        all of it together

Neither SQLite nor a queue library: files that are only appended to hold nothing when they are drained, need no repair after a
crash, and let one process's damage be its own.
"""
