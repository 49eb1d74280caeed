"""Builds SDK objects from `Config`; touches no globals."""
