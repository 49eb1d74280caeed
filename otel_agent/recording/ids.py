"""
Identities of traces and spans.

They come from a generator of our own, seeded by the operating system. So `random.seed` in the agent, which makes simulations
repeatable, does not make identities repeat, and our draws do not disturb the agent's sequence. A forked child is seeded anew;
it would otherwise go on where its parent is.
"""

import os
from random import Random

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

__all__ = ["RandomIds", "random_bits"]

_random = Random(os.urandom(32))  # noqa: S311 - identities are no secrets

random_bits = _random.getrandbits
"""Random bits, as an integer; safe to call from any thread, because one call is one step of the interpreter."""


def _reseed() -> None:
    _random.seed(os.urandom(32))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reseed)


class RandomIds(RandomIdGenerator):
    """The generator for SDK providers."""

    def generate_span_id(self) -> int:
        """64 random bits, never all zero."""
        return random_bits(64) or self.generate_span_id()

    def generate_trace_id(self) -> int:
        """128 random bits, never all zero."""
        return random_bits(128) or self.generate_trace_id()
