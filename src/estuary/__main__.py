"""`python -m estuary` and the `estuary` command."""

import gc
import signal
import sys

from estuary.beginning import exit_on_stop_signals, import_msgspec_alone, open_standard_streams

_INTERRUPTED = 128 + signal.SIGINT
"""The exit code that shells report for a program ended by Ctrl-C."""


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
        exit_on_stop_signals()
        # Until the supervisor forks: what is imported stays, and to look for garbage in it while it grows
        # takes a tenth of the time to start.
        gc.disable()
        import_msgspec_alone()
    # Imported late: a signal during the import would kill the process if it came before the handlers.
    from estuary.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
