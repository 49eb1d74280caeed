"""A small trading agent on real market prices, instrumented by one call."""
