"""Templates are cut into tokens as Go's lexer cuts them."""

import pytest

from otel_agent.alerts.rules.template_tokens import TemplateSyntaxError, tokens_of


def test_text_and_actions_are_told_apart() -> None:
    """Dashes trim spaces and line breaks beside them, comments leave nothing, `}}` in a string ends nothing."""
    found = [(token.kind, token.text) for token in tokens_of('a \n{{- $x.y | f "}}" -}} \n b{{/* c */}}')]

    assert [
        ("text", "a"),
        ("open", "{{"),
        ("variable", "$x"),
        ("field", ".y"),
        ("space", " "),
        ("sign", "|"),
        ("space", " "),
        ("word", "f"),
        ("space", " "),
        ("string", '"}}"'),
        ("close", "}}"),
        ("text", "b"),
    ] == found


@pytest.mark.parametrize("text", ["{{ $x", "{{ !", '{{ "a', "{{/* a", "{{/* a */ x }}", "{{ 'a"])
def test_what_cannot_be_cut_is_refused(text: str) -> None:
    """Actions, strings and comments end, and every character means something."""
    with pytest.raises(TemplateSyntaxError):
        list(tokens_of(text))


def test_several_spaces_may_stand_before_a_dash() -> None:
    """The last of them belongs to the dash."""
    assert ["open", "word", "space", "close", "text"] == [token.kind for token in tokens_of("{{now  -}} x")]
