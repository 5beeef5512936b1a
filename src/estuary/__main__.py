"""`python -m estuary` and the `estuary` command."""

import gc
import signal
import sys

from estuary.beginning import exit_on_stop_signals, import_msgspec_alone, open_standard_streams

_COLLECTED_AFTER = 100_000
"""Objects that a command makes before it looks for garbage among them: most come of imports, and stay.
With Python's 700, and one more look at the end, that takes a sixth of a short command's time."""
_INTERRUPTED = 128 + signal.SIGINT
"""The exit code that shells report for a program ended by Ctrl-C."""


def main() -> int:
    """Run the command that the process's arguments ask for; its exit code."""
    try:
        return _main()
    except KeyboardInterrupt:
        # Also while a command, or a module of RESOURCES, is still being imported.
        return _INTERRUPTED
    finally:
        # What is left ends with the process.
        gc.freeze()


def _main() -> int:
    serves = sys.argv[1:2] == ["serve"]
    open_standard_streams(forgiving=serves)
    if serves:
        exit_on_stop_signals()
        # Until the supervisor forks: what is imported stays, and to look for garbage in it while it grows
        # takes a tenth of the time to start.
        gc.disable()
        import_msgspec_alone()
    elif sys.argv[1:2] != ["dev"]:
        gc.set_threshold(_COLLECTED_AFTER)
    # Imported late: a signal during the import would kill the process if it came before the handlers.
    from estuary.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
