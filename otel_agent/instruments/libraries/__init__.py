"""
Installed instrumentations of other libraries: found by entry point, and activated when the library they are for is imported.

`packages` reads what is installed, `occasions` says which import each waits for, `waiting` sees it, `activation` does the rest.
"""
