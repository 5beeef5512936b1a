"""A key set in a file: what is read, and what is refused."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from estuary.auth.fetch import MAX_BYTES, FetchFailed
from estuary.auth.key_file import reading


async def test_the_file_is_read_each_time(tmp_path: Path) -> None:
    """Keys may be exchanged while the service runs."""
    path = tmp_path / "keys.json"
    read = reading(path)
    for content in (b"{}", b"[]"):
        path.write_bytes(content)
        assert content == await read()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.exists, "the file cannot be read: No such file or directory"),
        (Path.mkdir, "it is not a regular file"),
        (os.mkfifo, "it is not a regular file"),
        (
            lambda path: path.write_bytes(b" " * (MAX_BYTES + 1)),
            f"the file is longer than {MAX_BYTES} bytes",
        ),
    ],
)
async def test_what_cannot_be_read_is_told(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    """At once: a pipe without a writer is not waited for."""
    path = tmp_path / "keys.json"
    make(path)
    with pytest.raises(FetchFailed, match=f"^{message}$"):
        await reading(path)()
