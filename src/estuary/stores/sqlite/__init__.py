"""Records in one embedded SQLite file: durable, one writer, readers that never wait for it."""

from estuary.stores.sqlite.fairness import WriterFairness
from estuary.stores.sqlite.store import SqliteStore

__all__ = ["SqliteStore", "WriterFairness"]
