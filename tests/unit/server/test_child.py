"""A worker's life ends in the worker, whatever refuses its last words."""

import subprocess
import sys

FULL = """
import os, sys
from estuary.server.child import fork

class Full:
    def flush(self):
        raise OSError(28, "No space left on device")

sys.stdout = sys.stderr = Full()
child = fork(lambda channel, number: 0, 0, ())
_, status = os.waitpid(child.pid, 0)
os.write(1, b"exit %d" % os.waitstatus_to_exitcode(status))
os._exit(0)
"""


def test_a_worker_never_returns_into_its_supervisor() -> None:
    """Where standard output and error take nothing more, its exit code is its own all the same."""
    done = subprocess.run(
        [sys.executable, "-c", FULL], capture_output=True, text=True, timeout=60, check=False
    )
    assert (0, "exit 0", "") == (done.returncode, done.stdout, done.stderr)
