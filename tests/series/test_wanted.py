"""Names that are asked for."""

import re

from otel_agent.series.wanted import WantedNames, WantedTexts


def test_names_are_written_out_or_match_a_pattern_as_a_whole() -> None:
    """Nothing is asked for where nothing was said."""
    wanted = WantedTexts(frozenset({"pay"}), (re.compile("order-.*"),))

    assert [True, True, False, False] == [wanted.accepts(text) for text in ("pay", "order-7", "pay now", "my order-7")]
    assert not WantedNames().spans.accepts("pay")
