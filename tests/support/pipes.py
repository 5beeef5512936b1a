"""Named pipes with somebody who writes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread


@contextmanager
def writing(path: Path, content: bytes) -> Iterator[None]:
    """`content` is written to the named pipe when it is opened, as a password manager does."""
    writer = Thread(target=path.write_bytes, args=(content,), daemon=True)
    writer.start()
    yield
    # Who still waits for a reader goes on.
    released = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer.join()
    os.close(released)
