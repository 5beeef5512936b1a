"""Records in one embedded SQLite file: durable, one writer, readers that never wait for it."""

from estuary.stores.sqlite.courtesy import Courtesy
from estuary.stores.sqlite.store import SqliteStore

__all__ = ["Courtesy", "SqliteStore"]
