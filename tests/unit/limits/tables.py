"""Tables that several processes share, and visits of clients."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from mmap import mmap

from hypothesis import strategies as st

from estuary.limits.table import Table

WINDOW = 4.0
KEY = b"k" * 16
TICKS = st.one_of(st.integers(0, 4), st.integers(0, 100))
VISITS = st.lists(
    st.tuples(TICKS.map(lambda ticks: ticks / 64), st.sampled_from("abcdefgh")), min_size=20, max_size=200
)


def table(clients: int) -> Table:
    """An empty table in memory that children share."""
    return Table(mmap(-1, Table.size(clients)), clients, KEY)


@contextmanager
def child(live: Callable[[], None]) -> Iterator[int]:
    """A process that does `live`, says so, and waits to be ended: its id."""
    done, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        live()
        os.write(say, b".")
        signal.pause()
    try:
        os.read(done, 1)
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(done)
        os.close(say)
