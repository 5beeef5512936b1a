"""The `estuary` command, run to its end."""

import subprocess
import sys
from pathlib import Path

from tests.support.process import environment_of


def estuary(directory: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end in `directory`."""
    return subprocess.run(
        [sys.executable, "-m", "estuary", *arguments],
        cwd=directory,
        env=environment_of(variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
