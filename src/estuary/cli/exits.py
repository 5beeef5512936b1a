"""Exit codes, and how a command says that it cannot go on."""

import sys

OK, FAILED, MISCONFIGURED = 0, 1, 2


def failed(error: object) -> int:
    """Say on standard error what could not be done; the exit code for it."""
    print(f"estuary: {error}", file=sys.stderr)
    return FAILED


def misconfigured(error: object) -> int:
    """Say on standard error what is wrong with configuration or arguments; the exit code for it."""
    print(f"estuary: {error}", file=sys.stderr)
    return MISCONFIGURED
