"""A conversation with a service, written down so that two can be compared: ids and times are masked."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

MASKED = {
    "time": re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"),
    "id": re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "list": re.compile(rb'(?<=etag: W/")[^"]+'),
    "cursor": re.compile(rb'(?<=cursor=)[\w-]{20,}|(?<="next_cursor":")[\w-]+'),
}
"""What differs between two runs; the same value is the same mask, wherever in a conversation it comes."""


class Step(NamedTuple):
    """A request.

    `{1}` in its path is the first record that was created, `{cursor}` the last cursor that was told;
    `{tag}` in a header is the last ETag.
    """

    method: str
    path: str
    json: Any = None
    headers: Mapping[str, str] = {}


class Transcript:
    """A conversation as it goes: each answer with what differs from run to run masked.

    `headers` go with every request.
    """

    def __init__(self, client: httpx.AsyncClient, headers: Mapping[str, str] | None = None) -> None:
        self._client = client
        self._headers = {"x-request-id": "conversation", **(headers or {})}
        self._created: list[str] = []
        self._cursor = self._tag = ""
        self._masks: dict[tuple[str, bytes], bytes] = {}

    async def ask(self, step: Step) -> list[bytes]:
        """The lines of the answer to `step`."""
        return self._masked(await self._answer(step)).split(b"\n")

    async def _answer(self, step: Step) -> bytes:
        path = step.path.replace("{cursor}", self._cursor)
        for number, record_id in enumerate(self._created, 1):
            path = path.replace(f"{{{number}}}", record_id)
        given = {name: value.replace("{tag}", self._tag) for name, value in step.headers.items()}
        headers = {**self._headers, **given}
        response = await self._client.request(step.method, path, json=step.json, headers=headers)
        if response.status_code == 201 and "idempotency-replayed" not in response.headers:
            self._created.append(response.json()["id"])
        if '"next_cursor"' in response.text:
            self._cursor = response.json()["next_cursor"] or self._cursor
        self._tag = response.headers.get("etag", self._tag)
        head = sorted(f"{name}: {value}" for name, value in response.headers.items())
        return "\n".join([str(response.status_code), *head, ""]).encode() + response.content

    def _masked(self, answer: bytes) -> bytes:
        for kind, pattern in MASKED.items():
            answer = pattern.sub(lambda found, kind=kind: self._mask(kind, found[0]), answer)  # type: ignore[misc] # mypy sees no default there
        return answer

    def _mask(self, kind: str, value: bytes) -> bytes:
        number = sum(known == kind for known, _ in self._masks) + 1
        return self._masks.setdefault((kind, value), f"<{kind} {number}>".encode())
