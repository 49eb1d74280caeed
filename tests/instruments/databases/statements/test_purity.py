"""Statements are text: whoever reads them needs no database and no telemetry."""

import subprocess
import sys


def test_statements_know_neither_sqlalchemy_nor_opentelemetry() -> None:
    """Reading a statement loads neither."""
    code = (
        "import sys; from otel_agent.instruments.databases.statements.statement_cache import StatementFactsCache\n"
        "print(sorted({'sqlalchemy', 'opentelemetry'} & {name.partition('.')[0] for name in sys.modules}))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert "[]" == result.stdout.strip()
