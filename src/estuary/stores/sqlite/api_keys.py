"""API keys in the database's file: one writer at a time, so versions are committed in their order."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from estuary.core.api_keys.api_keys import ApiKey, KeyChanges, demand_version
from estuary.core.moments import to_microseconds
from estuary.stores.sql.api_keys import ApiKeyStatements, bound, key_of, row_of
from estuary.stores.sqlite.sqlite_database import Database


class SqliteApiKeys:
    """Implements `ApiKeys` with a table of `database`, and the `statements` on it."""

    def __init__(self, database: Database, statements: ApiKeyStatements) -> None:
        self._database = database
        self._statements = statements

    async def changes(self, since: int = 0) -> KeyChanges:
        """The keys that changed since then; read in a thread, for the first time they may be thousands."""

        def read(cursor: sqlite3.Cursor) -> KeyChanges:
            # What is committed between the two has a higher version, and is read the next time.
            highest = self._next_version(cursor) - 1
            rows = cursor.execute(self._statements.changed.text, (since,)).fetchall()
            return KeyChanges(highest, [key_of(row) for row in rows])

        return await self._database.read_apart(read)

    async def look(self) -> Sequence[ApiKey]:
        """Every key in the file as it lies there, open or not; nothing is changed."""

        def read(connection: sqlite3.Connection) -> Sequence[ApiKey]:
            return [key_of(row) for row in connection.execute(self._statements.changed.text, (0,))]

        return await self._database.look(read)

    async def put(self, key: ApiKey) -> ApiKey:
        """Keep a key, if it is the version that is kept."""

        def write(cursor: sqlite3.Cursor) -> ApiKey:
            statements = self._statements
            found = cursor.execute(statements.version.text, (key.id,)).fetchone()
            demand_version(key, None if found is None else found[0])
            version = self._next_version(cursor)
            statement = statements.replace if key.version else statements.insert
            cursor.execute(statement.text, bound(statement, row_of(key, version)))
            return replace(key, version=version)

        return await self._database.write(write)

    async def revoke_all(self, now: datetime) -> int:
        """Revoke every key."""

        def write(cursor: sqlite3.Cursor) -> int:
            values = {"_now": to_microseconds(now), "_version": self._next_version(cursor)}
            revoke_all = self._statements.revoke_all
            return cursor.execute(revoke_all.text, bound(revoke_all, values)).rowcount

        return await self._database.write(write)

    async def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep later uses."""
        note_use = self._statements.note_use
        rows = [
            bound(note_use, {"_id": key_id, "_used_at": to_microseconds(used_at)})
            for key_id, used_at in uses.items()
        ]

        def write(cursor: sqlite3.Cursor) -> None:
            cursor.executemany(note_use.text, rows)

        await self._database.write(write)

    async def forget(self, ended_before: datetime) -> None:
        """Remove what ended before then."""
        forget = self._statements.forget
        values = bound(forget, {"_before": to_microseconds(ended_before)})

        def write(cursor: sqlite3.Cursor) -> None:
            cursor.execute(forget.text, values)

        await self._database.write(write)

    def _next_version(self, cursor: sqlite3.Cursor) -> int:
        (version,) = cursor.execute(self._statements.next_version.text).fetchone()
        return int(version)
