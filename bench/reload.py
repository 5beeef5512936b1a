"""How long `estuary dev` takes: from a saved file to the first answer that follows it."""

import http.client
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.process import HOST, POLL_SECONDS, READY_TIMEOUT_SECONDS, Launch, NotReady, free_port, serve
from bench.question import Settings
from bench.series import Series, times

_SUBJECTS = {"text": "a changed description", "field": "a new field: the table follows"}
_MODULE = """
from estuary import Resource
from msgspec import Struct

class Book(Struct, frozen=True):
    {description!r}

    title: str
{fields}

BOOKS = Resource("books", Book)
"""


@dataclass(frozen=True)
class Reload:
    """Milliseconds until the OpenAPI document is that of the saved module."""

    name: str = "reload"
    title: str = "`estuary dev`: from a saved file to its first answer"
    base: str = "text"

    def measure(self, settings: Settings) -> list[Series]:
        """Save each kind of change in turn, round after round, with records in SQLite."""
        with TemporaryDirectory() as name, _developing(Path(name), settings.cores.server) as port:
            rounds = [
                {subject: _save(Path(name), port, subject, number) for subject in _SUBJECTS}
                for number in range(1, settings.rounds + 1)
            ]
        return times(self.name, "ms", _SUBJECTS, rounds, ours=_SUBJECTS)


@contextmanager
def _developing(folder: Path, core: int) -> Iterator[int]:
    port = free_port()
    _write(folder, "first", 0)
    (folder / "estuary.toml").write_text('resources = "shop"\nrate_limit_enabled = false\n')
    launch = Launch([sys.executable, "-m", "estuary", "dev", "--port", str(port)])
    with serve(launch, port, folder, "/health/ready", core):
        _until_described(port, "first")
        yield port


def _save(folder: Path, port: int, subject: str, number: int) -> float:
    """Save one change; the milliseconds until it is answered by."""
    description = f"{subject} {number}"
    begun = time.perf_counter()
    _write(folder, description, number if subject == "field" else number - 1)
    _until_described(port, description)
    return (time.perf_counter() - begun) * 1000


def _write(folder: Path, description: str, fields: int) -> None:
    """Replace the module at once, as editors do."""
    more = "\n".join(f"    field_{number}: int = {number}" for number in range(fields))
    written = folder / "shop.new"
    written.write_text(_MODULE.format(description=description, fields=more))
    written.replace(folder / "shop.py")


def _until_described(port: int, description: str) -> None:
    """Ask for the document until it has the description; raises `NotReady`."""
    begun = time.perf_counter()
    while description.encode() not in _document(port):
        if time.perf_counter() - begun > READY_TIMEOUT_SECONDS:
            raise NotReady(f"no answer follows the file that says {description!r}")
        time.sleep(POLL_SECONDS)  # what a reload has reached shows only when it is asked


def _document(port: int) -> bytes:
    connection = http.client.HTTPConnection(HOST, port, timeout=READY_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/openapi.json")
        return connection.getresponse().read()
    finally:
        connection.close()
