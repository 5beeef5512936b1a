"""What tests of the console look at: museums with many paintings, some named and described by markup."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from estuary import Index, Ref, Resource, Unique

MARKUP = "<img src=x onerror=\"document.title='taken'\">"
MUSEUMS_REFERENCE, PAINTINGS_REFERENCE = (
    f"tests.support.gallery:{name}" for name in ("MUSEUMS", "PAINTINGS")
)
MUSEUM_IDS = [f"00000000-0000-7000-8000-00000000000{number}" for number in range(3)]
LAST_YEAR = 1999
"""Paintings are of a hundred years, evenly."""


class Museum(Struct, frozen=True):
    """A house <img src=x onerror="document.title='taken'">."""

    name: Annotated[str, Unique, Meta(max_length=100, description=MARKUP)]


class Painting(Struct, frozen=True, kw_only=True):
    """Something that hangs in a museum."""

    title: Annotated[str, Meta(min_length=1, max_length=2000)]
    museum: Annotated[str, Ref("museums")]
    year: Annotated[int, Index] = 1900
    technique: Literal["oil", "ink", "tempera"] = "oil"
    on_show: bool = True
    width: float = 1.0
    seen_at: datetime | None = None
    tags: list[str] = []


MUSEUMS = Resource("museums", Museum)
PAINTINGS = Resource("paintings", Painting)


def hang(database: Path, count: int) -> None:
    """Put three museums, the last called `MARKUP`, and `count` paintings into a database with their tables.

    The nth painting is called "Painting n", and is of the year 1900 + n modulo 100.
    """
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.executemany(
            "INSERT INTO museums (id, version, created_at, updated_at, name) VALUES (?, 1, 1, 1, ?)",
            list(zip(MUSEUM_IDS, ["Prado", "Uffizi", MARKUP], strict=True)),
        )
        connection.execute(
            "WITH RECURSIVE numbers(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
            "INSERT INTO paintings (id, version, created_at, updated_at, title, museum, year, technique)"
            "SELECT printf('00000000-0000-7000-9000-%012d', n), 1, n, n, 'Painting ' || n,"
            "       '00000000-0000-7000-8000-00000000000' || (n % 3), 1900 + n % 100,"
            "       CASE n % 3 WHEN 0 THEN 'oil' WHEN 1 THEN 'ink' ELSE 'tempera' END FROM numbers",
            (count,),
        )
