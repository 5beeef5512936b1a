"""Errors of standard streams, which may be closed, full, or pipes without a reader."""

import os
import sys
from contextlib import suppress

from estuary.cli.exits import failed


def say(text: str) -> None:
    """Print `text`, the result of a command; an error does not matter, as the work is done."""
    try:
        print(text, flush=True)
    except OSError:
        drop_output()


def flushed(code: int) -> int:
    """`code`, once all output is flushed; another one if that fails."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return lost(error)
    return code


def lost(error: OSError) -> int:
    """Print why the command's output could not be written; returns the exit code for it."""
    drop_output()
    if isinstance(error, BrokenPipeError):
        return failed("the reader of the output has gone: not all of it was written")
    return failed(f"input or output failed, and not all was done: {error.strerror}")


def drop_output() -> None:
    """Redirect unwritten output to the null device: the interpreter would fail to flush it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError):
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
