"""Where the executable begins: as `python -m estuary` does."""

import sys

from estuary.__main__ import main

sys.exit(main())
