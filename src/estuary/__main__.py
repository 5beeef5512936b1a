"""`python -m estuary` and the `estuary` command."""

import sys

from estuary.beginning import obey_at_once, open_standard_streams


def main() -> int:
    """Run the command that the process's arguments ask for; its exit code."""
    open_standard_streams()
    if sys.argv[1:2] == ["serve"]:
        obey_at_once()
    # Only now: until it is imported, a signal would kill.
    from estuary.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
