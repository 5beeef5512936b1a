"""Signals are caught while they are waited for; afterwards they no longer change how the process ends."""

import subprocess
import sys

AFTERWARDS = """
import os, signal
from estuary.server.signals import Signals
with Signals((signal.SIGTERM, signal.SIGINT)) as signals:
    os.kill(os.getpid(), signal.SIGTERM)
    while not (received := signals.receive()):
        pass
    print(*[number.name for number in received])
for number in (signal.SIGTERM, signal.SIGINT):
    os.kill(os.getpid(), number)
print("alive")
"""


def test_what_comes_after_the_last_word_is_ignored() -> None:
    """A process whose exit code stands is not killed by one more signal while it takes its leave."""
    done = subprocess.run(
        [sys.executable, "-c", AFTERWARDS], capture_output=True, text=True, timeout=60, check=False
    )
    assert (0, "SIGTERM\nalive\n", "") == (done.returncode, done.stdout, done.stderr)
