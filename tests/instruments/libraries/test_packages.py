"""Installed packages are read from their metadata, as text."""

import pytest

from otel_agent.instruments.libraries.packages import Requirement, import_names, requirements, suggested_import_name


class Described:
    """A package with metadata."""

    name = "google-genai"
    version = "1.0"

    def __init__(self, **files: str) -> None:
        self._files = {
            name.replace("_", ".", 1) if name == "top_level_txt" else name: text for name, text in files.items()
        }

    def read(self, name: str) -> str:
        """A file of its metadata."""
        return self._files.get(name, "")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("flask/__init__.py,sha256=x,1\nflask/app.py,,\n", ("flask",)),
        ("google/genai/__init__.py,,\ngoogle/genai/types.py,,\n", ("google.genai",)),
        ("_cffi.abi3.so,,\nsix.py,,\n", ("six",)),
        ("psycopg2/__init__.py,,\ntests/__init__.py,,\n", ("psycopg2",)),
        ("", ("google_genai",)),
    ],
)
def test_a_library_is_imported_by_its_outermost_modules(record: str, expected: tuple[str, ...]) -> None:
    """As its list of files has them; by custom where there is no list."""
    assert expected == import_names(Described(RECORD=record))


def test_what_an_instrumentation_is_for_stands_in_its_extras() -> None:
    """Those of which any is enough are told apart, and requirements of its own are not meant."""
    metadata = (
        "Requires-Dist: opentelemetry-api~=1.12\n"
        'Requires-Dist: Flask>=1.0 ; extra == "instruments"\n'
        "Requires-Dist: psycopg2-binary (>=2.7); extra == 'instruments-any'\n\n"
        'Requires-Dist: text>=1; extra == "instruments"\n'
    )

    assert [
        Requirement("flask", ">=1.0", is_alternative=False),
        Requirement("psycopg2-binary", ">=2.7", is_alternative=True),
    ] == requirements(Described(METADATA=metadata))
    assert "flask>=1.0" == str(requirements(Described(METADATA=metadata))[0])


def test_a_name_suggests_a_module() -> None:
    """With underscores, as is custom."""
    assert "azure_core" == suggested_import_name("Azure.Core")
