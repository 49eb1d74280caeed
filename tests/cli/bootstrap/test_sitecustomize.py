"""What Python imports before the agent's first line lets the agent start."""

import subprocess
import sys
from pathlib import Path

from command_line import otel_agent

from otel_agent.cli.run import BOOTSTRAP


def test_run_keeps_the_agents_own_site_customization(tmp_path: Path) -> None:
    """A `sitecustomize` of the agent's environment runs as it would without us."""
    (tmp_path / "sitecustomize.py").write_text("import os\nos.environ['CUSTOMIZED'] = 'yes'\n")
    ended = otel_agent(
        *("run", "--export", "none", "--", "python", "-c", "import os; print(os.environ['CUSTOMIZED'])"),
        home=tmp_path,
        PYTHONPATH=f"{tmp_path}:{Path(__file__).parents[3]}",
    )

    assert "yes" == ended.stdout.strip()


def test_an_agent_starts_without_the_package(tmp_path: Path) -> None:
    """Where `otel_agent` cannot be imported, one line says so and the program runs to its own end."""
    ended = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            f"import sys; sys.path[:] = sys.path[1:] + [{str(BOOTSTRAP)!r}]; import sitecustomize; print('traded')",
        ],
        cwd=tmp_path,
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, "traded\n") == (ended.returncode, ended.stdout)
    assert ["otel-agent: the agent runs unobserved: ModuleNotFoundError: No module named 'otel_agent'"] == (
        ended.stderr.splitlines()
    )


def test_modules_beside_the_script_are_found_while_the_agent_starts(tmp_path: Path) -> None:
    """Modules that are to be traced lie beside the program, whose folder Python adds later than this."""
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "trader.py").write_text("def decide():\n    return 'bought'\n")
    (tmp_path / "programs" / "agent.py").write_text("import sys, trader\nprint(trader.decide(), sys.path[0])\n")
    ended = otel_agent(
        *("run", "--export", "none", "--modules", "trader", "--", "python", "programs/agent.py"), home=tmp_path
    )

    assert (0, "") == (ended.returncode, ended.stderr)
    assert f"bought {tmp_path / 'programs'}" == ended.stdout.strip()
