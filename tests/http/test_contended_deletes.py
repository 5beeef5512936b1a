"""Many clients write around one record while it is deleted: each is answered, and nothing is left torn."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.library import LIBRARY_REFERENCES
from tests.support.service import client_of, make_service

AUTHORS, BOOKS, CHAPTERS = (f"/api/v1/{name}" for name in ("authors", "volumes", "chapters"))
WAYS = ("plain", "tags", "value", "batch")
CREATING, DELETING = 8, 12
"""Clients."""


@pytest.fixture
async def library(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a library on every store."""
    service = make_service(
        tmp_path, RESOURCES=LIBRARY_REFERENCES, RATE_LIMIT_ENABLED="false", **store_variables
    )
    async with client_of(service, resources=LIBRARY_REFERENCES.split(",")) as client:
        yield client


async def made(client: httpx.AsyncClient, path: str, **fields: Any) -> str:
    """The id of a new record."""
    response = await client.post(path, json=fields)
    assert 201 == response.status_code, response.text
    return str(response.json()["id"])


async def deleted(client: httpx.AsyncClient, atlas: str, way: str) -> httpx.Response:
    """The answer to a delete of the book, whose ISBN is 1."""
    path = f"{BOOKS}/{atlas}"
    match way:
        case "plain":
            return await client.delete(path)
        case "tags":
            return await client.delete(path, headers={"if-match": '"1", "2"'})
        case "value":
            return await client.delete(f"{BOOKS}/by/isbn/1")
        case _:
            operations = [{"method": "DELETE", "path": path}]
            return await client.post("/api/v1/batch", json={"operations": operations})


async def test_a_record_goes_though_others_go_on_referring_to_it(library: httpx.AsyncClient) -> None:
    """One of many deletes makes it, the others find nothing; of what came meanwhile nothing is left."""
    ada = await made(library, AUTHORS, name="Ada")
    atlas = await made(library, BOOKS, title="Atlas", author=ada, isbn="1")
    sequel = await made(library, BOOKS, title="Sequel", author=ada, translation_of=atlas)
    begun = asyncio.Event()

    async def create() -> int:
        while True:
            answer = await library.post(CHAPTERS, json={"title": "x", "book": atlas})
            if answer.status_code != 201:
                return answer.status_code
            begun.set()
            await asyncio.sleep(0)

    async def delete(number: int) -> int:
        await begun.wait()
        return (await deleted(library, atlas, WAYS[number % len(WAYS)])).status_code

    creating = [asyncio.create_task(create()) for _ in range(CREATING)]
    outcomes = Counter(await asyncio.gather(*map(delete, range(DELETING))))
    assert {422: CREATING} == Counter(await asyncio.gather(*creating))
    assert 1 == outcomes[204] + outcomes[200]
    assert set() == outcomes.keys() - {200, 204, 404, 409}
    assert 0 == (await library.get(CHAPTERS)).json()["total"]
    assert None is (await library.get(f"{BOOKS}/{sequel}")).json()["translation_of"]
