"""A real issuer of OpenID Connect (`tests/support/oidc`): signs in whoever says a name."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.process import HOST, TIMEOUT_SECONDS, free_port
from tests.support.programs import require

PROGRAM = Path(__file__).parents[1] / "oidc/issuer.mjs"
CLIENT_ID = "console"


@contextmanager
def open_id_issuer(redirect: str, audience: str, scopes: str) -> Iterator[str]:
    """An issuer's address; `redirect` is where it sends people back to.

    Its access tokens are for `audience`, and grant `scopes`.
    """
    node = require("node", shutil.which("node"))
    require("oidc-provider (make tools)", _installed())
    port = str(free_port())
    process = subprocess.Popen(
        [node, PROGRAM, port, CLIENT_ID, redirect, audience, scopes],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert b"ready\n" == process.stdout.readline()
        yield f"http://{HOST}:{port}"
        process.stdin.close()
        process.wait(TIMEOUT_SECONDS)


def _installed() -> str | None:
    package = PROGRAM.parent / "node_modules/oidc-provider"
    return str(package) if package.exists() else None
