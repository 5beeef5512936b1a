"""Records in PostgreSQL: one service of many replicas, on one database."""

from estuary.stores.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
