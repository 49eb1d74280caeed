"""Statements are text: whoever reads them needs no database and no telemetry."""

import subprocess
import sys


def test_statements_know_neither_sqlalchemy_nor_opentelemetry() -> None:
    """Reading a statement loads nothing of either beyond what the package's own front door has."""
    code = (
        "import sys, otel_agent\nbefore = set(sys.modules)\n"
        "from otel_agent.instruments.databases.statements.statement_cache import StatementFactsCache\n"
        "print([name for name in set(sys.modules) - before if name.startswith(('sqlalchemy', 'opentelemetry'))])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert "[]" == result.stdout.strip()
