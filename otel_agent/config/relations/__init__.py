"""Settings that depend on each other, by subject; `checks` runs all of them."""
