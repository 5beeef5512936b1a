"""Exit codes, and how a command says that it cannot go on."""

import sys
from contextlib import suppress

OK, FAILED, MISCONFIGURED = 0, 1, 2


def failed(error: object) -> int:
    """Say on standard error what could not be done; the exit code for it."""
    warn(error)
    return FAILED


def misconfigured(error: object) -> int:
    """Say on standard error what is wrong with configuration or arguments; the exit code for it."""
    warn(error)
    return MISCONFIGURED


def warn(message: object) -> None:
    """Say something on standard error, if anybody can read it there."""
    with suppress(OSError):
        print(f"estuary: {message}", file=sys.stderr, flush=True)
