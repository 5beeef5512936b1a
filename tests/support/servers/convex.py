"""Convex: the real functions behind a façade that speaks Convex's HTTP API (`tests/support/convex`)."""

import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from estuary.core.items import ITEMS
from estuary.core.resource import Resource
from estuary.stores.convex.deployable import write
from tests.support.books import BOOKS
from tests.support.entries import ENTRIES, PROFILES
from tests.support.hooked import LOANS
from tests.support.library import LIBRARY
from tests.support.members import MEMBERS
from tests.support.process import HOST, TIMEOUT_SECONDS
from tests.support.programs import require
from tests.support.queries import MOORINGS
from tests.support.random_values import DECLARED
from tests.support.resources import VESSELS

ROOT = Path(__file__).parents[3]
FACADE = ROOT / "tests/support/convex"
FUNCTIONS = ROOT / "convex"
DEPLOY_KEY = "prod:estuary-test|c2VjcmV0"
"""What opens every deployment here."""

_MOST_KEPT = 48
"""Deployments, each with its records in memory: those of earlier tests are let go."""


class Deployment:
    """One deployment of a host: empty at first, and failing as it is told."""

    def __init__(self, host: "ConvexHost", limits: Mapping[str, int] | None = None) -> None:
        self._host = host
        self.port: int = host.tell(do="deploy", key=DEPLOY_KEY, limits=limits)

    @property
    def url(self) -> str:
        """Where it is called."""
        return f"http://{HOST}:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment of an Estuary that keeps its records here."""
        return {
            "DATABASE_TYPE": "convex",
            "CONVEX_DEPLOYMENT_URL": self.url,
            "CONVEX_DEPLOY_KEY": DEPLOY_KEY,
        }

    def fail(self, how: Any) -> None:
        """Fail from now on: "refuse", "hang", "reset", or a mapping.

        `{"answers": [[status, headers, body], …]}` gives these first (a fourth entry, true, breaks the
        answer off); `{"lost": n}` does what the next `n` mutations ask, and answers none of them.
        """
        self._host.tell(do="fail", port=self.port, how=how)

    def recover(self) -> None:
        """Fail no more."""
        self.fail(None)

    @contextmanager
    def failing(self, how: Any) -> Iterator[None]:
        """Fail while the block runs."""
        self.fail(how)
        try:
            yield
        finally:
            self.recover()

    def rows(self, table: str) -> int:
        """How many documents a table has, read past the functions."""
        count: int = self._host.tell(do="rows", port=self.port, table=table)
        return count

    def keep(self, table: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Keep documents in a table as other functions than these would have, past these."""
        self._host.tell(do="keep", port=self.port, table=table, documents=documents)

    def kept(self, table: str) -> list[dict[str, Any]]:
        """The documents of a table, read past the functions."""
        kept: list[dict[str, Any]] = self._host.tell(do="kept", port=self.port, table=table)
        return kept

    def seen(self) -> list[dict[str, Any]]:
        """The requests since this was last asked: `url`, `body` and `credentials` of each."""
        seen: list[dict[str, Any]] = self._host.tell(do="seen", port=self.port)
        return seen

    def forget(self) -> None:
        """Let it go, with its records."""
        self._host.tell(do="forget", port=self.port)


class ConvexHost:
    """A process that runs deployments, all with the same functions; it ends when this one does."""

    def __init__(self, functions: Path, variables: dict[str, str] | None = None) -> None:
        node = require("node", shutil.which("node"))
        require("convex-test (make tools)", _installed())
        self._kept: dict[Path, Deployment] = {}
        self._process = subprocess.Popen(
            [node, FACADE / "facade.mjs", functions],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", **(variables or {})},
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())

    def tell(self, **command: Any) -> Any:
        """Have the process do something; its answer."""
        request = urllib.request.Request(f"http://{HOST}:{self._port}", data=json.dumps(command).encode())
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (as above)
            return json.load(answer)

    def deployment(self, folder: Path) -> Deployment:
        """The deployment that belongs to `folder`, as a file in it would."""
        if folder not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept))).forget()
            self._kept[folder] = Deployment(self)
        return self._kept[folder]

    def stop(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(TIMEOUT_SECONDS)


RANDOM = [resource for resource, _ in DECLARED.values()]


@contextmanager
def convex_host(
    resources: Sequence[Resource] = (
        ITEMS,
        VESSELS,
        MOORINGS,
        MEMBERS,
        LOANS,
        ENTRIES,
        PROFILES,
        BOOKS,
        *LIBRARY,
        *RANDOM,
    ),
    variables: dict[str, str] | None = None,
) -> Iterator[ConvexHost]:
    """A host of one's own."""
    with tempfile.TemporaryDirectory(prefix="estuary-convex-") as folder:
        write(Path(folder), resources)
        host = ConvexHost(Path(folder), variables)
    try:
        yield host
    finally:
        host.stop()


def _installed() -> str | None:
    package = FACADE / "node_modules/convex-test"
    return str(package) if package.exists() else None
