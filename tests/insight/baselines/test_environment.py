"""What a run ran on."""

import platform
import subprocess
from pathlib import Path

from otel_agent.insight.baselines.environment import commit, read_environment


def test_the_environment_is_that_of_this_process() -> None:
    """Interpreter, processor and the version given."""
    found = read_environment("1.2.3")

    assert f"CPython {platform.python_version()}" == found.python
    assert found.cpus >= 1
    assert found.cpu
    assert "1.2.3" == found.otel_agent


def test_the_commit_is_read_from_git_itself(tmp_path: Path) -> None:
    """From a branch, when packed, in a worktree, detached, and where there is none."""
    repository, beside = tmp_path / "repository", tmp_path / "beside"

    def git(*words: str, at: Path = repository) -> str:
        given = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        run = subprocess.run(["git", *given, *words], cwd=at, check=True, capture_output=True, text=True)
        return run.stdout.strip()

    repository.mkdir()
    git("init", "-q")
    assert "" == commit(repository)
    git("commit", "-q", "--allow-empty", "-m", "one")
    head = git("rev-parse", "HEAD")
    (repository / "deep").mkdir()
    assert head == commit(repository / "deep")
    git("worktree", "add", "-q", "-b", "other", str(beside))
    assert head == commit(beside)
    git("pack-refs", "--all")
    assert head == commit(repository)
    git("checkout", "-q", "--detach")
    assert head == commit(repository)
    assert "" == commit(tmp_path)
