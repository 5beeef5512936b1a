"""A key set in a file instead of at an issuer, to try authentication on one machine."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from stat import S_ISREG

from estuary.auth.fetch import MAX_BYTES, FetchFailed


def reading(path: Path) -> Callable[[], Awaitable[bytes]]:
    """A function that reads the key set at `path` each time it is called."""

    def read() -> bytes:
        try:
            # O_NONBLOCK: opening a pipe without a writer would block.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                if not S_ISREG(os.fstat(descriptor).st_mode):
                    raise FetchFailed("it is not a regular file")
                with os.fdopen(descriptor, "rb", closefd=False) as file:
                    document = file.read(MAX_BYTES + 1)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise FetchFailed(f"the file cannot be read: {error.strerror}") from error
        if len(document) > MAX_BYTES:
            raise FetchFailed(f"the file is longer than {MAX_BYTES} bytes")
        return document

    return lambda: asyncio.to_thread(read)
