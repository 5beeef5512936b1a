"""Named pipes with somebody who writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread


@contextmanager
def writing(path: Path, *contents: bytes) -> Iterator[None]:
    """Each of `contents` is written to the named pipe when it is opened, as a password manager does."""

    def write() -> None:
        for content in contents:
            path.write_bytes(content)

    writer = Thread(target=write, daemon=True)
    writer.start()
    yield
    writer.join()
