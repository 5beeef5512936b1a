"""Where the executable begins: as `python -m estuary` does."""

import sys

from estuary.cli import main

sys.exit(main())
