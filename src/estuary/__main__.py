"""`python -m estuary` and the `estuary` command."""

import signal
import sys

from estuary.beginning import obey_at_once, open_standard_streams

_INTERRUPTED = 128 + signal.SIGINT
"""As a shell tells of a program that Ctrl-C ended."""


def main() -> int:
    """Run the command that the process's arguments ask for; its exit code."""
    try:
        return _main()
    except KeyboardInterrupt:
        # Also while a command, or a module of RESOURCES, is still being imported.
        return _INTERRUPTED


def _main() -> int:
    serves = sys.argv[1:2] == ["serve"]
    open_standard_streams(forgiving=serves)
    if serves:
        obey_at_once()
    # Only now: until it is imported, a signal would kill.
    from estuary.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
