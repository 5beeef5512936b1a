"""Standard streams that may be closed, full, or pipes without a reader: told in a line and by the code."""

import os
import sys
from contextlib import suppress

from estuary.cli.exits import failed


def say(text: str) -> None:
    """Print `text`, the outcome of what was done: it stays done where that cannot be read."""
    try:
        print(text, flush=True)
    except OSError:
        drop_output()


def flushed(code: int) -> int:
    """`code`, once all that was printed is written; another one where that fails."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return lost(error)
    return code


def lost(error: OSError) -> int:
    """Say why the output, for which a command was called, was not written; the exit code for it."""
    drop_output()
    if isinstance(error, BrokenPipeError):
        return failed("the reader of the output has gone: not all of it was written")
    return failed(f"input or output failed, and not all was done: {error.strerror}")


def drop_output() -> None:
    """Let what is still to be written go nowhere, or the interpreter would complain of it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError):
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
