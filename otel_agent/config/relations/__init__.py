"""Settings that depend on each other, by subject; `loading` looks at all of them."""
