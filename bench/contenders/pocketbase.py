"""PocketBase, where POCKETBASE names its program: a finished service of the same kind, on SQLite."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.apps.answers import DRAFT, NAME
from bench.contenders.contender import Contender
from bench.exchange import PAGE_LENGTH, Exchange
from bench.process import HOST, Launch

RECORDS = "/api/collections/items/records"
COLLECTION = """\
migrate((app) => {
  app.save(new Collection({
    type: "base",
    name: "items",
    listRule: "",
    viewRule: "",
    createRule: "",
    fields: [
      {type: "text", name: "name", required: true, max: 255},
      {type: "text", name: "description", max: 1000},
      {type: "autodate", name: "created", onCreate: true},
      {type: "autodate", name: "updated", onCreate: true, onUpdate: true},
    ],
    indexes: ["CREATE INDEX items_created ON items (created, id)"],
  }));
});
"""
"""A migration, which makes the collection when the service starts."""


def create() -> Exchange:
    """A new item."""
    return Exchange("POST", RECORDS, 200, _is_item, DRAFT)


def page_since(day: str) -> Exchange:
    """The first twenty items that were created since a day, in that order."""
    condition = quote(f'created>="{day}"')
    path = f"{RECORDS}?perPage={PAGE_LENGTH}&filter={condition}&sort=created"
    return Exchange("GET", path, 200, _is_full_page)


def _is_full_page(document: Any) -> bool:
    return len(document["items"]) == PAGE_LENGTH


def _is_item(document: Any) -> bool:
    return bool(document["name"] == NAME)


def _launch(port: int, folder: Path) -> Launch:
    # It writes beside its data folder as well.
    own = folder / "pocketbase"
    migrations = own / "pb_migrations"
    migrations.mkdir(parents=True)
    (migrations / "1_items.js").write_text(COLLECTION)
    line = [os.environ["POCKETBASE"], "serve", f"--http={HOST}:{port}", f"--dir={own / 'pb_data'}"]
    return Launch([*line, f"--migrationsDir={migrations}"])


POCKETBASE = Contender(
    "pocketbase",
    "PocketBase, SQLite",
    _launch,
    keeps=True,
    ready_path="/api/health",
    available=lambda: bool(os.environ.get("POCKETBASE")),
    create=create,
)
