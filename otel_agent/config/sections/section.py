"""What all sections are: frozen, and without secrets in their text."""

from msgspec import Struct

__all__ = ["Section"]


class Section(Struct, frozen=True, kw_only=True):
    """Base of every class of the model."""

    def __repr__(self) -> str:
        """The fields with their values, secrets masked: a configuration ends up in tracebacks and logs sooner or later."""
        # The masks know the whole model, which is made of this class.
        from otel_agent.config.masking import masked
        from otel_agent.config.tree import fields_of

        fields = fields_of(type(self))
        shown = (
            f"{name}={value!r}" if isinstance(value, Section) else f"{name}={masked(fields[name].kind, value)!r}"
            for name, value in ((name, getattr(self, name)) for name in fields)
        )
        return f"{type(self).__name__}({', '.join(shown)})"
