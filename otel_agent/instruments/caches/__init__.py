"""Caches: results kept by `cached`, and hit rates of every cache that is watched."""
