"""Memory that a process shares with those that it forks."""

import os
from collections.abc import Callable

from estuary.shared_memory import shared_bytes, shared_double, shared_words


def in_child(work: Callable[[], None]) -> None:
    """Run `work` in a forked process, and wait for its end."""
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    os.waitpid(pid, 0)


def test_what_a_forked_process_writes_is_seen() -> None:
    """Bytes, words and numbers alike; a word holds 64 bits."""
    raw, words, number = shared_bytes(4), shared_words(3), shared_double()

    def write() -> None:
        raw[1] = 7
        words[2] = 2**64 - 1
        number[0] = 0.25

    in_child(write)
    assert (b"\0\7\0\0", [0, 0, 2**64 - 1], 0.25) == (raw[:], list(words), number[0])


def test_it_is_zeroed() -> None:
    """Zeroed memory is what users of it take for empty."""
    assert (b"\0" * 4, [0, 0], 0.0) == (shared_bytes(4)[:], list(shared_words(2)), shared_double()[0])
