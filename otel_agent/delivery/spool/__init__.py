"""
What could not be sent, on the disk: append-only files of framed requests, one writer per process.

    frames         how requests lie in a file, and how damage is passed over
    segments       one file: append, read from the front, acknowledge, remove
    batches        requests read back from a segment, put together
    segment_lists  the segments of each signal, oldest first
    directories    directories, and whose they are
    orphans        what processes that are gone have left
    bounds         how much, how old, what goes first
    disk           whether the disk takes anything just now
    lock           who may write, without ever waiting for long
    losses         what was given up, and told afterwards
    quarantine     records no receiver takes
    spool          all of it together
    inventory      what lies there, for somebody who asks

Neither SQLite nor a queue library: files that are only appended to hold nothing when they are drained, need no repair after a
crash, and let one process's damage be its own.
"""
