"""`python -m estuary` and the `estuary` command."""

import sys

from estuary.beginning import obey_at_once, open_standard_streams


def main() -> int:
    """Run the command that the process's arguments ask for; its exit code."""
    serves = sys.argv[1:2] == ["serve"]
    open_standard_streams(forgiving=serves)
    if serves:
        obey_at_once()
    # Only now: until it is imported, a signal would kill.
    from estuary.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
