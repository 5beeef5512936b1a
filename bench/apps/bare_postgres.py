"""Granian's native interface with one statement of asyncpg's behind it: what a Python service could reach.

A read selects a row by its key and encodes it, a create decodes the body and inserts a row. Nothing else
is done: no rules, no limits, no log. Connections are not reset between uses, which asyncpg's pool does
by default, and which costs as much again as the statement.
"""

import asyncio
import os
import time
import uuid
from collections.abc import Sequence
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import msgspec

CONNECTIONS = 8
HEADERS = [("content-type", "application/json")]
TABLE = (
    "CREATE TABLE IF NOT EXISTS items (id text PRIMARY KEY, version bigint NOT NULL, "
    "created_at bigint NOT NULL, updated_at bigint NOT NULL, name text NOT NULL, description text)"
)
INSERT = "INSERT INTO items VALUES ($1, 1, $2, $2, $3, $4)"
SELECT = "SELECT id, name, description, created_at, updated_at FROM items WHERE id = $1"

encode = msgspec.json.Encoder().encode


class Draft(msgspec.Struct):
    """What a client sends."""

    name: str
    description: str | None = None


decode = msgspec.json.Decoder(Draft).decode


class Application:
    """RSGI's hooks and handler."""

    def __init__(self) -> None:
        self._pool: Any = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connect before the first request."""
        loop.run_until_complete(self._connect())

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """A POST inserts, everything else selects what the path's last part names."""
        if scope.path == "/health/ready":
            protocol.response_bytes(200, HEADERS, b"{}")
            return
        if scope.method == "POST":
            draft, record_id, now = decode(await protocol()), str(uuid.uuid4()), time.time_ns() // 1000
            async with self._pool.acquire() as connection:
                await connection.execute(INSERT, record_id, now, draft.name, draft.description)
            protocol.response_bytes(
                201, HEADERS, encoded((record_id, draft.name, draft.description, now, now))
            )
            return
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(SELECT, scope.path.rpartition("/")[2])
        if row is None:
            protocol.response_bytes(404, HEADERS, b"{}")
        else:
            protocol.response_bytes(200, HEADERS, encoded(row))

    async def _connect(self) -> None:
        self._pool = await asyncpg.create_pool(
            os.environ["DATABASE_URL"], min_size=CONNECTIONS, max_size=CONNECTIONS, reset=_as_it_is
        )
        await self._pool.execute(TABLE)


def encoded(row: Sequence[Any]) -> bytes:
    """An item as a client sees it."""
    names = ("id", "name", "description", "created_at", "updated_at")
    return encode(dict(zip(names, row, strict=True)))


async def _as_it_is(_: Any) -> None:
    """Nothing was set that would have to be reset."""


app = Application()
