"""Certificates that servers in tests sign themselves."""

import shutil
import subprocess
from pathlib import Path

from tests.support.programs import require


def self_signed(folder: Path) -> Path:
    """Write `privkey.pem` and `fullchain.pem`, for 127.0.0.1 and a day; the latter is to be trusted."""
    chain = folder / "fullchain.pem"
    subprocess.run(
        [
            *(
                require("openssl", shutil.which("openssl")),
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
            ),
            *("-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", folder / "privkey.pem", "-out", chain),
        ],
        check=True,
        capture_output=True,
    )
    return chain
