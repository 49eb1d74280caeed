"""What Python imports before the agent's first line lets the agent start."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from agent_process import environment
from command_line import otel_agent

from otel_agent.cli.programs import BOOTSTRAP


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


TRAPS = (
    *("otel_agent", "opentelemetry", "sitecustomize", "random", "queue", "email", "http", "json", "uuid", "tempfile"),
    *("urllib3", "psutil", "yaml", "msgspec", "brotli", "google", "requests"),
)
WORK = "import sys, time\ntime.sleep(0.5)\nprint(sys.argv[1:], sys.path[0], __name__)\n"


def trapped(home: Path) -> Path:
    """A folder in which every module leaves a trace when it is imported."""
    for name in TRAPS:
        (home / f"{name}.py").write_text(f"open({str(home / 'executed')!r}, 'a').write('{name} ')\n")
    (home / "agent.py").write_text(WORK)
    (home / "tool").write_text(f"#!{sys.executable}\n{WORK}")
    (home / "tool").chmod(0o755)
    (home / "app").mkdir()
    (home / "app" / "__main__.py").write_text(WORK)
    with zipfile.ZipFile(home / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", WORK)
    return home


def executed(home: Path) -> list[str]:
    """What was imported since the last look."""
    trace = home / "executed"
    found = trace.read_text().split() if trace.exists() else []
    trace.unlink(missing_ok=True)
    return sorted(found)


@pytest.mark.parametrize(
    "words",
    [
        ["{python}", "agent.py", "x"],
        ["{python}", "-P", "agent.py", "x"],
        ["{python}", "-I", "agent.py", "x"],
        ["{python}", "-E", "agent.py", "x"],
        ["{python}", "-m", "agent", "x"],
        ["{python}", "-c", WORK, "x"],
        ["{python}", "-c", "import random, queue, email, yaml\n" + WORK],
        ["{python}", "app", "x"],
        ["{python}", "app.pyz", "x"],
        ["sh", "-c", "{python} - x < agent.py"],
        ["./tool", "x"],
        ["env", "A=1", "{python}", "agent.py", "x"],
        ["nohup", "{python}", "agent.py", "x"],
        ["{python}", "-c", "import subprocess, sys; subprocess.run([sys.executable, 'agent.py', 'child'])"],
    ],
    ids=lambda words: " ".join(words)[:40].replace("\n", " "),
)
def test_nothing_in_an_untrusted_folder_is_executed_because_of_us(words: list[str], tmp_path: Path) -> None:
    """However the program is started, it does what it does without us, and imports what it imports without us."""
    home = trapped(tmp_path)
    command = [word.replace("{python}", sys.executable) for word in words]
    plain = subprocess.run(
        command,
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    without = executed(home)
    ended = otel_agent("run", "--export", "file", "--", *command, home=home, OTEL_AGENT_EXPORT__FILE="seen.jsonl")

    assert (plain.returncode, plain.stdout, plain.stderr) == (ended.returncode, ended.stdout, ended.stderr)
    assert without == executed(home)
    assert (home / "seen.jsonl").exists() is not bool({"-I", "-E"} & set(words))


def test_a_child_is_left_alone_when_the_environment_says_so(tmp_path: Path) -> None:
    """`OTEL_SDK_DISABLED` for a child means that it does not even load the package."""
    code = (
        "import os, subprocess, sys\n"
        "look = 'import sys; print(\"otel_agent\" in sys.modules)'\n"
        "for disabled in ('false', 'true'):\n"
        "    subprocess.run([sys.executable, '-c', look], env={**os.environ, 'OTEL_SDK_DISABLED': disabled})\n"
    )
    ended = otel_agent("run", "--export", "none", "--", "python", "-c", code, home=tmp_path)

    assert "True\nFalse\n" == ended.stdout


def test_a_python_without_the_package_says_nothing(tmp_path: Path) -> None:
    """A tool of another environment that the agent starts need not know us."""
    code = (
        f"import subprocess, sys; subprocess.run([{str(Path(sys.base_prefix, 'bin', 'python3'))!r}, '-c', 'print(5)'])"
    )
    ended = otel_agent("run", "--export", "none", "--", "python", "-c", code, home=tmp_path, PYTHONPATH="")

    assert ("5\n", "") == (ended.stdout, ended.stderr)


def test_the_program_sees_the_path_it_has_without_us(tmp_path: Path) -> None:
    """The folder of this file is gone before the first line."""
    code = "import sys; print([entry for entry in sys.path if 'bootstrap' in entry])"
    ended = otel_agent("run", "--export", "none", "--", "python", "-c", code, home=tmp_path)

    assert "[]\n" == ended.stdout
