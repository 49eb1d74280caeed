"""What must not leave the process: `redact`."""

from otel_agent.config.kinds import Name
from otel_agent.config.sections.section import Section

__all__ = ["RedactSettings"]


class RedactSettings(Section, frozen=True, kw_only=True):
    """What must not leave the process."""

    enabled: bool = True
    """Whether values of secret keys and secret shapes are masked before they leave."""
    keys: tuple[Name, ...] = ()
    """Further attribute names, or parts of them, whose values are masked."""
    values: tuple[Name, ...] = ()
    """Further regular expressions; what matches is masked."""
    keep: tuple[Name, ...] = ()
    """Names and values that stay, as regular expressions, and rules for shapes that do not apply, such as `jwt`."""
