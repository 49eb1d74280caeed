"""Children that a thread has forked end with it, as they do without us."""

import sys
from pathlib import Path

import pytest
from faulted import trial

RETURNING = """
init()

def serve():
    pid = os.fork()
    record(3)
    if pid:
        say(child=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

thread = threading.Thread(target=serve)
thread.start()
thread.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says that a process has nobody left but us")
def test_a_child_ends_with_the_thread_that_has_forked_it(tmp_path: Path) -> None:
    """Its function returns, and that was its last thread; ours do not keep it alive, and lose nothing."""
    with trial(tmp_path) as faulted:
        run = faulted.run(RETURNING)
        faulted.heal()

        assert (0, 0) == (run.status, run["child"]), run
        assert (6, 0) == (faulted.spans, faulted.duplicates)
