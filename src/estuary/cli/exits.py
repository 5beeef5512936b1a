"""Exit codes, and error messages on standard error."""

import sys
from contextlib import suppress

OK, FAILED, MISCONFIGURED = 0, 1, 2


def failed(error: object) -> int:
    """Print an error; returns the exit code for a failure."""
    warn(error)
    return FAILED


def misconfigured(error: object) -> int:
    """Print an error in the configuration or the arguments; returns the exit code for it."""
    warn(error)
    return MISCONFIGURED


def warn(message: object) -> None:
    """Print to standard error, if it is open."""
    with suppress(OSError):
        print(f"estuary: {message}", file=sys.stderr, flush=True)
