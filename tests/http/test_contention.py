"""Many clients that change one record at once: each write depends on the record, and none is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.members import MEMBERS_REFERENCE
from tests.support.service import client_of, make_service

MEMBERS = "/api/v1/members"
CLIENTS = 32


@pytest.fixture
async def client(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of members."""
    service = make_service(
        tmp_path, RESOURCES=MEMBERS_REFERENCE, RATE_LIMIT_ENABLED="false", **store_variables
    )
    async with client_of(service, resources=(MEMBERS_REFERENCE,)) as client:
        yield client


@pytest.mark.parametrize("way", ["merge", "tags", "value", "batch"])
async def test_all_of_them_succeed(client: httpx.AsyncClient, way: str) -> None:
    """However the write depends on the record: each makes a version of its own."""
    kit = {"size": "M", "colour": "red"}
    path = (await client.post(MEMBERS, json={"email": "a", "kit": kit})).headers["location"]
    tags = {"if-match": ", ".join(f'"{version}"' for version in range(1, CLIENTS + 1))}

    async def write(number: int) -> int:
        body = {"kit": {"size": str(number)}}
        match way:
            case "merge":
                answer = await client.patch(path, json=body)
            case "tags":
                answer = await client.patch(path, json=body | {"note": "x"}, headers=tags)
            case "value":
                answer = await client.patch(f"{MEMBERS}/by/email/a", json={"note": str(number)})
            case _:
                operation = {"method": "PATCH", "path": path, "body": body}
                answer = await client.post("/api/v1/batch", json={"operations": [operation]})
        return answer.status_code

    statuses = await asyncio.gather(*map(write, range(CLIENTS)))
    assert {200: CLIENTS} == Counter(statuses)
    assert f'"{CLIENTS + 1}"' == (await client.get(path)).headers["etag"]
