"""Where secrets stand in texts and values: forms of issuers, names that say so, statements, encodings; nothing here changes anything."""
