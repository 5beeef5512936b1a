"""`python -m estuary` and the `estuary` command."""

import sys

from estuary.cli import main

if __name__ == "__main__":
    sys.exit(main())
