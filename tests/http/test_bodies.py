"""Bodies that are not what they should be: always the envelope, nothing stored."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.service import client_of, make_service

ITEMS = "/api/v1/items"
JSON = {"content-type": "application/json"}

MALFORMED = {
    "empty": b"",
    "not JSON": b"hello",
    "cut off": b'{"name":"a"',
    "two values": b'{"name":"a"}{}',
    "trailing comma": b'{"name":"a",}',
    "comment": b'{"name":"a"/**/}',
    "single quotes": b"{'name':'a'}",
    "NaN": b'{"name":NaN}',
    "invalid UTF-8": b'{"name":"\xff"}',
    "lone surrogate": b'{"name":"\\ud800"}',
    "raw control character": b'{"name":"a\nb"}',
    "byte order mark": b'\xef\xbb\xbf{"name":"a"}',
    "UTF-16": '{"name":"a"}'.encode("utf-16"),
    "deep list": b"[" * 100_000,
    "deep object": b'{"name":' * 100_000,
    "deep unknown field": b'{"name":"a","x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep objects in an unknown field": b'{"name":"a","x":' + b'{"y":' * 50_000 + b"1" + b"}" * 50_001,
    "one level too deep": b'{"name":"a","x":' + b"[" * 128 + b"]" * 128 + b"}",
    "deep beside a wrong type": b'{"name":1,"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep behind texts": b'{"name":"a\\","y":"]"]","x":' + b'["]",' * 50_000 + b"1" + b"]" * 50_000 + b"}",
}
WRONG_SHAPE = {
    "null": (b"null", "body"),
    "list": (b"[]", "body"),
    "text": (b'"name"', "body"),
    "number": (b"1", "body"),
    "no name": (b"{}", "name"),
    "null name": (b'{"name":null}', "name"),
    "number as name": (b'{"name":1}', "name"),
    "5,000 digits as name": (b'{"name":' + b"1" * 5000 + b"}", "name"),
    "list as name": (b'{"name":["a"]}', "name"),
    "object as description": (b'{"name":"a","description":{}}', "description"),
    "last duplicate counts": (b'{"name":"a","name":1}', "name"),
}


@pytest.fixture
def store_variables() -> dict[str, str]:
    """Memory alone: what is wrong with a body is found before any store is asked."""
    return {"DATABASE_TYPE": "memory"}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_json(client: httpx.AsyncClient, body: bytes) -> None:
    """400 Malformed JSON."""
    response = await client.post(ITEMS, content=body, headers=JSON)
    assert (400, "BAD_REQUEST") == (response.status_code, response.json()["error"])
    assert "Malformed JSON" == response.json()["message"]
    assert 0 == (await client.get(ITEMS)).json()["total"]


@pytest.mark.parametrize(("body", "field"), WRONG_SHAPE.values(), ids=WRONG_SHAPE)
async def test_wrong_types(client: httpx.AsyncClient, body: bytes, field: str) -> None:
    """400 Invalid JSON format, with the field that is wrong."""
    response = await client.post(ITEMS, content=body, headers=JSON)
    error = response.json()
    assert (400, "Invalid JSON format") == (response.status_code, error["message"])
    assert [each["field"] for each in error["details"]["validation_errors"]] == [field]
    assert 0 == (await client.get(ITEMS)).json()["total"]


async def test_nul_is_refused_by_its_field(client: httpx.AsyncClient) -> None:
    """U+0000 in a text is a broken rule, for not every store can keep it."""
    response = await client.post(ITEMS, content=b'{"name":"a\\u0000b"}', headers=JSON)
    assert 422 == response.status_code
    assert "characters" == response.json()["details"]["validation_errors"][0]["code"]


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "text/json", "application/xml", "application/+json", "application/jsonp", ""],
)
async def test_other_content_types(client: httpx.AsyncClient, content_type: str | None) -> None:
    """400 for whatever does not say that it is JSON."""
    headers = {} if content_type is None else {"content-type": content_type}
    response = await client.post(ITEMS, content=b'{"name":"a"}', headers=headers)
    assert 400 == response.status_code
    assert "Missing Content-Type: application/json header" == response.json()["message"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/vnd.api+json",
        "application/json ;x",
    ],
)
async def test_json_by_other_names(client: httpx.AsyncClient, content_type: str) -> None:
    """Parameters, case and `+json` types are JSON all the same."""
    response = await client.post(ITEMS, content=b'{"name":"a"}', headers={"content-type": content_type})
    assert 201 == response.status_code


async def test_compressed_bodies_are_refused(client: httpx.AsyncClient) -> None:
    """415 for an encoding that is not read, and which one is (RFC 9110, 15.5.16)."""
    response = await client.post(ITEMS, content=b"x", headers={**JSON, "content-encoding": "gzip"})
    assert (415, "UNSUPPORTED_MEDIA_TYPE") == (response.status_code, response.json()["error"])
    assert "identity" == response.headers["accept-encoding"]


async def test_bodies_over_the_limit(tmp_path: Path) -> None:
    """413, whether the length was declared or came out on the way; one byte less is read."""
    service = make_service(tmp_path, MAX_BODY_BYTES="2048")
    async with client_of(service) as client:
        fitting = b'{"name":"a"}'.ljust(2048)
        assert 201 == (await client.post(ITEMS, content=fitting, headers=JSON)).status_code
        assert 201 == (await client.post(ITEMS, content=pieces(fitting), headers=JSON)).status_code
        for content in (fitting + b" ", pieces(fitting + b" ")):
            response = await client.post(ITEMS, content=content, headers=JSON)
            assert (413, "PAYLOAD_TOO_LARGE") == (response.status_code, response.json()["error"])


async def test_a_body_that_does_not_come_in_time(tmp_path: Path) -> None:
    """408, and nothing stored."""
    service = make_service(tmp_path, REQUEST_BODY_TIMEOUT_SECONDS="1")
    async with client_of(service) as client:
        response = await client.post(ITEMS, content=stalled(), headers=JSON)
        assert (408, "REQUEST_TIMEOUT") == (response.status_code, response.json()["error"])
        assert "close" == response.headers["connection"]
        assert 0 == (await client.get(ITEMS)).json()["total"]


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """The body in pieces, so that its length is not declared."""
    for start in range(0, len(body), 100):
        yield body[start : start + 100]


async def stalled() -> AsyncIterator[bytes]:
    """A body that begins and never ends."""
    yield b'{"name":'
    await asyncio.Event().wait()
