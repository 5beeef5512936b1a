"""The console's modules that need no page: they are tested in JavaScript, by Node."""

import shutil
import subprocess
from pathlib import Path

from tests.support.programs import require

TESTS = Path(__file__).parent / "console"


def test_the_consoles_modules_do_what_their_own_tests_say() -> None:
    """Each `*.test.mjs` passes; failures are shown as Node reports them."""
    node = require("node", shutil.which("node"))
    files = sorted(TESTS.glob("*.test.mjs"))
    every = "".join(f"import {str(file)!r};" for file in files)
    done = subprocess.run(
        [
            node,
            "--input-type=module",
            "--eval",
            every,
        ],  # one process: each would take longer to begin than to run
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert [] != files
    assert 0 == done.returncode, done.stdout + done.stderr
