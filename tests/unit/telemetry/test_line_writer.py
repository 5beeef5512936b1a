"""Writer: lines go out in batches, whatever the other end does, and no caller waits for it."""

import io
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from estuary.telemetry.line_writer import LineWriter, join_lines

LONG = 60.0
"""Seconds that no test waits: whatever happens before was not a timeout's doing."""


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe's reading and writing end."""
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        for end in (reading, writing):
            with suppress(OSError):  # a test may have closed it
                os.close(end)


def read_all(reading: int, size: int) -> int:
    """Read from a pipe until at least `size` bytes came; how many they were."""
    received = 0
    while received < size:
        received += len(os.read(reading, size - received))
    return received


def test_lines_are_written_in_order(tmp_path: Path) -> None:
    """Every line once, each with its line feed, in the order they were taken in."""
    with (tmp_path / "log").open("wb") as file:
        writer = LineWriter(file.fileno(), join_lines)
        for n in range(5_000):
            writer.write(b"%d" % n)
        assert writer.close(LONG)
    assert [b"%d" % n for n in range(5_000)] == (tmp_path / "log").read_bytes().splitlines()
    assert 0 == writer.dropped


def test_a_binary_stream_will_do() -> None:
    """A stream without a descriptor is written and flushed."""
    raw = io.BytesIO()
    stream = io.BufferedWriter(raw)
    writer = LineWriter(stream, join_lines)
    writer.write(b"one")
    assert writer.close(LONG)
    assert b"one\n" == raw.getvalue()


def has_come(reading: int) -> bool:
    """Whether something can be read within ten seconds, whatever number the descriptor has."""
    look = select.poll()
    look.register(reading, select.POLLIN)
    return bool(look.poll(10_000))


class LateHurrier(LineWriter[bytes]):
    """Hurries its thread only after `before_hurrying`: as if the caller had been interrupted."""

    before_hurrying: Callable[[], None] = staticmethod(lambda: None)

    def hurry(self) -> None:
        before, self.before_hurrying = self.before_hurrying, lambda: None
        before()
        super().hurry()


def test_a_line_is_not_lost_behind_one_that_was_written_before_it_hurried_the_thread() -> None:
    """The thread is then hurried for nothing; the next line is written all the same."""
    with pipe() as (reading, writing):
        writer = LateHurrier(writing, join_lines, batch_seconds=0.001)

        def once_it_is_written() -> None:
            read_all(reading, len(b"one\n"))
            assert writer.flush(LONG)

        writer.before_hurrying = once_it_is_written
        writer.write(b"one", urgent=True)
        writer.write(b"two")
        assert has_come(reading)
        assert b"two\n" == os.read(reading, 100)
        assert writer.close(LONG)


def test_a_line_goes_out_by_itself() -> None:
    """Without a flush the batch is written after the waiting time, every time."""
    with pipe() as (reading, writing):
        writer = LineWriter(writing, join_lines, batch_seconds=0.001)
        for n in range(100):
            writer.write(b"one", urgent=n % 3 == 0)
            assert b"one\n" == os.read(reading, 100)


def test_lines_are_gathered_until_one_is_urgent() -> None:
    """The urgent line takes the waiting ones with it in one write, and does not wait."""
    with pipe() as (reading, writing):
        writer = LineWriter(writing, join_lines, batch_seconds=LONG)
        writer.write(b"one")
        writer.write(b"two")
        writer.write(b"three", urgent=True)
        assert b"one\ntwo\nthree\n" == os.read(reading, 100)
        writer.write(b"four")
        arrival = select.poll()
        arrival.register(reading, select.POLLIN)
        assert [] == arrival.poll(50)
        writer.write(b"five", urgent=True)
        assert b"four\nfive\n" == os.read(reading, 100)


def test_a_large_batch_does_not_wait() -> None:
    """From 1,024 lines on they go out before the waiting time is over."""
    with pipe() as (reading, writing):
        writer = LineWriter(writing, join_lines, batch_seconds=LONG)
        for _ in range(1100):
            writer.write(b"x" * 15)
        assert 1024 * 16 == read_all(reading, 1024 * 16)
        assert writer.close(LONG)


def test_a_full_pipe_holds_no_caller_up() -> None:
    """With no reader, lines beyond the bound are dropped and counted, and close returns in time."""
    with pipe() as (reading, writing):
        writer = LineWriter(writing, join_lines, max_waiting=100)
        for _ in range(1000):
            writer.write(b"x" * 999)
        assert not writer.close(0.05)
        assert writer.dropped > 0
        kept = 1000 - writer.dropped
        assert kept * 1000 == read_all(reading, kept * 1000)
        assert writer.flush(LONG)


def test_a_non_blocking_descriptor_loses_nothing() -> None:
    """Somebody who shares the pipe made it non-blocking: the writer waits until there is room."""
    with pipe() as (reading, writing):
        os.set_blocking(writing, False)
        writer = LineWriter(writing, join_lines)
        for _ in range(1000):
            writer.write(b"x" * 999)
        assert not writer.flush(0.05)
        assert 1_000_000 == read_all(reading, 1_000_000)
        assert writer.close(LONG)
        assert 0 == writer.dropped


def test_a_closed_pipe_is_counted_not_raised() -> None:
    """The reader is gone: its lines are dropped and counted, also those of later batches."""
    with pipe() as (reading, writing):
        os.close(reading)
        writer = LineWriter(writing, join_lines)
        for _ in range(3):
            writer.write(b"lost")
        assert writer.flush(LONG)
        writer.write(b"lost too", urgent=True)
        assert writer.flush(LONG)
        assert 4 == writer.dropped


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_counted_not_raised() -> None:
    """The system refuses the write: the lines are dropped and counted."""
    with Path("/dev/full").open("wb", buffering=0) as full:
        writer = LineWriter(full.fileno(), join_lines)
        writer.write(b"lost")
        assert writer.flush(LONG)
        assert 1 == writer.dropped


def test_after_half_a_line_the_next_batch_begins_on_a_new_one() -> None:
    """A write that failed halfway leaves a torn line; the next one must not be glued to it."""

    class Tearing(io.RawIOBase):
        """Takes three bytes, fails once, then takes everything."""

        def __init__(self) -> None:
            self.taken = b""
            self.failed = False

        def writable(self) -> bool:
            return True

        def write(self, data: "memoryview") -> int:  # type: ignore[override]  # narrower, as it is called
            if self.taken and not self.failed:
                self.failed = True
                raise OSError(28, "No space left on device")
            chunk = bytes(data if self.failed else data[:3])
            self.taken += chunk
            return len(chunk)

    stream = Tearing()
    writer = LineWriter(stream, join_lines)  # type: ignore[arg-type]  # a raw stream is a binary one
    writer.write(b"first")
    assert writer.flush(LONG)
    writer.write(b"second")
    assert writer.flush(LONG)
    assert b"fir\nsecond\n" == stream.taken
    assert 1 == writer.dropped


def test_after_close_lines_are_dropped() -> None:
    """A closed writer takes nothing, raises nothing, and counts; its thread has ended."""
    with pipe() as (reading, writing):
        before = set(threading.enumerate())
        writer = LineWriter(writing, join_lines)
        writer.write(b"one")
        (thread,) = set(threading.enumerate()) - before
        assert writer.close(LONG)
        writer.write(b"two", urgent=True)
        assert 1 == writer.dropped
        assert writer.flush(LONG)
        thread.join(LONG)
        assert not thread.is_alive()
        assert b"one\n" == os.read(reading, 100)


def test_without_lines_there_is_no_writer() -> None:
    """An unused writer costs nothing and closes at once."""
    before = threading.active_count()
    assert LineWriter(1, join_lines).close(LONG)
    assert before == threading.active_count()


def write_many(writer: LineWriter[bytes]) -> None:
    """Write 2000 lines."""
    for _ in range(2000):
        writer.write(b"x" * 50)


def test_many_writers_may_log(tmp_path: Path) -> None:
    """No line is lost or torn when several threads write at once."""
    with (tmp_path / "log").open("wb") as file:
        writer = LineWriter(file.fileno(), join_lines)
        threads = [threading.Thread(target=write_many, args=(writer,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert writer.close(LONG)
    assert [b"x" * 50] * 8000 == (tmp_path / "log").read_bytes().splitlines()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_writes_its_own_lines() -> None:
    """A writer made and used before a fork works in the child, which leaves the parent's lines to it."""
    with pipe() as (reading, writing):
        writer = LineWriter(writing, join_lines, batch_seconds=LONG)
        writer.write(b"parent")
        context = get_context("fork")
        done, reported = context.Pipe(duplex=False)
        child = context.Process(target=_write_in_child, args=(writer, reported))
        child.start()
        assert done.recv()
        child.join()
        assert b"child\n" == os.read(reading, 100)
        assert writer.close(LONG)
        assert b"parent\n" == os.read(reading, 100)


def _write_in_child(writer: LineWriter[bytes], reported: Connection) -> None:
    writer.write(b"child")
    reported.send(writer.flush(LONG))
