"""Kinto on PostgreSQL, in its own environment: it asks for other releases than Estuary's tools do."""

import subprocess
from functools import cache, partial
from pathlib import Path
from typing import Any

from bench.apps.answers import DESCRIPTION, NAME
from bench.contenders.contender import ROOT, Contender, NewDatabase
from bench.exchange import PAGE_LENGTH, Exchange
from bench.process import HOST, Launch

ENVIRONMENT = ROOT / ".tools" / "kinto"
RECORDS = "/v1/buckets/default/collections/items/records"
CREDENTIALS = "Authorization: Basic YmVuY2g6YmVuY2g="
BODY = b'{"data":{"name":"%s","description":"%s"}}' % (NAME.encode(), DESCRIPTION.encode())
CONFIGURATION = """
[server:main]
use = egg:waitress#main
host = {host}
port = {port}
threads = 8

[app:main]
use = egg:kinto
kinto.includes = kinto.plugins.default_bucket
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = {url}
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = {url}
kinto.cache_backend = kinto.core.cache.memory
kinto.userid_hmac_secret = bench
multiauth.policies = basicauth
"""


def create() -> Exchange:
    """A new item."""
    return Exchange("POST", RECORDS, 201, _is_item, BODY, (CREDENTIALS,))


def read(record_id: str) -> Exchange:
    """One item by its id."""
    return Exchange("GET", f"{RECORDS}/{record_id}", 200, _is_item, headers=(CREDENTIALS,))


def page_since(milliseconds: int) -> Exchange:
    """The first twenty items that were written since then, in that order."""
    path = f"{RECORDS}?_limit={PAGE_LENGTH}&min_last_modified={milliseconds}&_sort=last_modified"
    return Exchange("GET", path, 200, _is_full_page, headers=(CREDENTIALS,))


def _is_full_page(document: Any) -> bool:
    return len(document["data"]) == PAGE_LENGTH


def _is_item(document: Any) -> bool:
    return bool(document["data"]["name"] == NAME)


@cache
def _is_installed() -> bool:
    """Whether it is there, after an attempt to put it there."""
    if not (ENVIRONMENT / "bin" / "kinto").exists():
        uv, python = str(ROOT / "workshop" / "uv"), str(ENVIRONMENT / "bin" / "python")
        steps = [
            [uv, "venv", "--quiet", str(ENVIRONMENT)],
            # Pyramid still asks setuptools for what its newest releases no longer have.
            [uv, "pip", "install", "--quiet", "--python", python, "kinto[postgresql]>=26", "setuptools<80"],
        ]
        return all(subprocess.run(step, cwd=ROOT, check=False).returncode == 0 for step in steps)
    return True


def _launch(new_database: NewDatabase, port: int, folder: Path) -> Launch:
    url = new_database(f"kinto_{port}").replace("postgres://", "postgresql://", 1)
    configuration = folder / "kinto.ini"
    configuration.write_text(CONFIGURATION.format(host=HOST, port=port, url=url))
    kinto = str(ENVIRONMENT / "bin" / "kinto")
    subprocess.run([kinto, "migrate", "--ini", str(configuration)], check=True, capture_output=True)
    return Launch([kinto, "start", "--ini", str(configuration), "--port", str(port)])


def kinto(new_database: NewDatabase) -> Contender:
    """Kinto as its documentation sets it up."""
    return Contender(
        "kinto",
        "Kinto, PostgreSQL",
        partial(_launch, new_database),
        keeps=True,
        ready_path="/v1/__heartbeat__",
        available=_is_installed,
        create=create,
        id_of=lambda document: str(document["data"]["id"]),
    )
