"""Reading files of the configuration: named pipes are waited for, but not without end."""

import os
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path

import pytest

from estuary.config.files import MAX_PIPE_BYTES, read_regular_or_pipe
from tests.support.pipes import writing


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_all_that_is_written_is_read(pipe: Path) -> None:
    """Until it is closed, also where the pipe holds only a part at once."""
    content = b"ab" * (MAX_PIPE_BYTES // 2)
    held = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    fcntl(held, F_SETPIPE_SZ, 4096)
    with writing(pipe, content):
        assert content == read_regular_or_pipe(pipe)
    os.close(held)


def test_who_opens_it_and_writes_nothing_is_still_waited_for(pipe: Path) -> None:
    """Some systems call a pipe at its end before anyone has opened it to write."""
    message = r"nothing was written to it within 0\.5 seconds$"
    with writing(pipe, b""), pytest.raises(ValueError, match=message):
        read_regular_or_pipe(pipe, seconds=0.5)


def test_a_pipe_that_nobody_writes_to_is_waited_for_no_longer_than_said(pipe: Path) -> None:
    """A start would hang without a word."""
    with pytest.raises(
        ValueError, match=r"^is a named pipe, and nothing was written to it within 0\.1 seconds$"
    ):
        read_regular_or_pipe(pipe, seconds=0.1)


def test_a_writer_that_does_not_close_is_waited_for_no_longer_than_said(pipe: Path) -> None:
    """What is there may be half of it."""
    with pipe.open("r+b", buffering=0) as writer:
        writer.write(b"a")
        with pytest.raises(ValueError, match=r"its writer did not close it within 0\.1 seconds$"):
            read_regular_or_pipe(pipe, seconds=0.1)


def test_a_writer_without_end_is_not_read_without_end(pipe: Path) -> None:
    """Memory would be filled."""
    content = b"a" * (MAX_PIPE_BYTES + 1)
    message = f"^is a named pipe, and more than {MAX_PIPE_BYTES} bytes were written to it$"
    with writing(pipe, content), pytest.raises(ValueError, match=message):
        read_regular_or_pipe(pipe)
