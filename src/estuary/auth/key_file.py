"""A key set in a file instead of at an issuer, to try authentication on one machine."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from estuary.auth.fetch import MAX_BYTES, FetchFailed


def reading(path: Path) -> Callable[[], Awaitable[bytes]]:
    """A function that reads the key set at `path` each time it is called."""

    def read() -> bytes:
        try:
            with path.open("rb") as file:
                document = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise FetchFailed(f"the file cannot be read: {error.strerror}") from error
        if len(document) > MAX_BYTES:
            raise FetchFailed(f"the file is longer than {MAX_BYTES} bytes")
        return document

    return lambda: asyncio.to_thread(read)
