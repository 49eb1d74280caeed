"""Rule files as people publish them, and the verdicts promtool 3 has of them; `make e2e` asks it about thousands."""

from public_rules import broken_files, generated_files

from otel_agent.alerts.rules.export import export_groups
from otel_agent.alerts.rules.files import read_text

REFUSED_BY_PROMTOOL = [
    0,
    1,
    2,
    3,
    5,
    6,
    7,
    8,
    12,
    14,
    15,
    16,
    17,
    19,
    20,
    21,
    24,
    26,
    27,
    32,
    36,
    37,
    38,
    39,
    40,
    41,
    42,
    44,
    45,
    46,
    47,
    48,
    51,
    52,
    53,
    54,
    55,
    56,
    57,
    61,
    63,
    64,
    65,
    66,
    70,
    71,
    73,
    74,
    76,
    78,
    81,
    82,
    84,
    86,
    87,
    89,
    90,
    91,
    92,
    94,
    96,
    97,
    98,
]
"""Of a hundred files with one change each, by number."""


def test_verdicts_are_those_promtool_gave() -> None:
    """A change is a mistake here when it is one there."""
    assert REFUSED_BY_PROMTOOL == [
        number for number, file in enumerate(broken_files(7, 100)) if read_text(file.text, file.name).problems
    ]


def test_whole_files_have_no_mistake_and_come_back_from_an_export() -> None:
    """Every rule of them, however it was written; exported and read again it is the same."""
    for file in generated_files(7, 200):
        read = read_text(file.text, file.name)
        written = export_groups(read.groups)

        assert (file.rule_count, ()) == (len(read.rules), read.problems)
        assert written == export_groups(read_text(written).groups)
