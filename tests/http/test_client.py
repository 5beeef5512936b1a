"""estuary.client against a whole service on every store, while every request fails once."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from estuary.client import AsyncClient, CursorExpired
from estuary.http.asgi import AsgiAdapter
from tests.support import client_scenario
from tests.support.books import Book
from tests.support.faults import REFUSED_CURSOR, STALE, USUAL, Fault, Faults, FaultyTransport
from tests.support.service import make_service

URL = "http://estuary.test"


@pytest.fixture
async def service(store_variables: dict[str, str], tmp_path: Path) -> AsyncIterator[httpx2.ASGITransport]:
    """A way to a fresh service."""
    service = make_service(tmp_path, RESOURCES=client_scenario.RESOURCES, **store_variables)
    await service.start()
    adapter = AsgiAdapter(service.application, service.start, service.stop)
    yield httpx2.ASGITransport(app=adapter, client=("192.0.2.1", 40000))
    await service.stop()


async def test_nothing_is_written_twice_or_lost(service: httpx2.ASGITransport) -> None:
    """Cut before and after the write, 409, 412, 429, 502 and 503: the program sees none of it."""
    faults = Faults()
    async with AsyncClient(URL, transport=FaultyTransport(service, faults)) as client:
        await client_scenario.walk_and_change(client, "a")
        await client_scenario.write_together(client, "b")
        await client_scenario.write_every_kind(client)
    assert {*USUAL, STALE} == set(faults.injected)


class Refusing(Faults):
    """Refuses every cursor that is not the first."""

    def of(self, method: str, url: str, headers: object) -> Fault | None:  # noqa: ARG002 (it is in the URL)
        """As a service does whose lists have changed."""
        return None if url.endswith("cursor=") or "cursor=" not in url else REFUSED_CURSOR


@pytest.mark.parametrize("store_variables", ["memory"], indirect=True)
async def test_a_walk_whose_cursor_is_refused_says_where_it_was(service: httpx2.ASGITransport) -> None:
    """After so many records, at this cursor; from there the same query goes on when it is taken again."""
    async with (
        AsyncClient(URL, transport=FaultyTransport(service, Refusing())) as refused,
        AsyncClient(URL, transport=service) as client,
    ):
        books = client.resource("books", Book)
        for number in range(5):
            await books.create(Book(title="a", pages=number))
        pages = refused.resource("books", Book).all().pages(2)
        seen = [book.value.pages for book in await anext(pages)]
        with pytest.raises(CursorExpired) as error:
            await anext(pages)
        assert (2, [0, 1]) == (error.value.seen, seen)
        async for page in books.all().pages(2, after=error.value.cursor):
            seen += [book.value.pages for book in page]
        assert [0, 1, 2, 3, 4] == seen
