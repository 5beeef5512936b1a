"""The handlers of `/api/v1/keys`: who has the role of KEYS_ROLE administers API keys there."""

from datetime import timedelta
from typing import Final

import msgspec

from estuary.core.access.identity import KEY_SUBJECT_PREFIX, Identity
from estuary.core.api_keys.api_keys import ApiKey
from estuary.core.api_keys.grants import demand_valid
from estuary.core.api_keys.key_administration import Grant, KeyAdministration, exceeds
from estuary.core.api_keys.key_view import issued_view, key_view
from estuary.core.audit import KeyAdministered, KeyOperation
from estuary.core.awaiting import settled
from estuary.core.errors import Forbidden, NotFound
from estuary.core.ports import Clock, Observer
from estuary.http.errors import InvalidParameter
from estuary.http.guards.body import BodyReader
from estuary.http.keys.bodies import key_draft, rotation
from estuary.http.messages import JSON, Request, Response
from estuary.http.records.query_string import pairs_of, refuse_parameters, unknown

LIMIT, OFFSET = "limit", "offset"
MAX_LIMIT, DEFAULT_LIMIT = 100, 20
MAX_OFFSET = 10_000

_NO_STORE: Final = ("cache-control", "no-store")
_NOBODY: Final = Identity("", None, frozenset())


class KeyHandlers:
    """Administers keys for those whom the routes' rights let in; `path` is that of all keys.

    An administrator of one owner sees that owner's keys alone. A key makes no keys, and no key can do more
    than who makes or rotates it.
    """

    def __init__(
        self,
        administration: KeyAdministration,
        body: BodyReader,
        clock: Clock,
        observe: Observer,
        path: str,
    ) -> None:
        self._administration = administration
        self._body = body
        self._now = clock.now
        self._observe = observe
        self._path = path

    async def list(self, request: Request) -> Response:
        """GET on all keys: a page of them by offset, without their secrets."""
        limit, offset = list_parameters(request.query)
        self._report(request, KeyOperation.LIST, "")
        keys = [key for key in await self._administration.list() if _may_see(request, key)]
        now = self._now()
        page = [key_view(key, now) for key in keys[offset : offset + limit]]
        body = {"items": page, "total": len(keys), LIMIT: limit, OFFSET: offset}
        return _answer(200, body)

    async def read(self, request: Request) -> Response:
        """GET on a key."""
        refuse_parameters(request.query)
        self._report(request, KeyOperation.READ, request.record_id)
        return _answer(200, key_view(await self._visible(request), self._now()))

    async def create(self, request: Request) -> Response:
        """POST on all keys: 201 with the key, which is shown this once."""
        refuse_parameters(request.query)
        maker = _maker(request)
        body = await settled(self._body.read_json(request))
        grant = key_draft(body).grant(maker.owner)
        demand_valid(grant)
        _demand_no_more(grant, maker)
        key, text = await self._administration.create(grant, maker.subject)
        self._report(request, KeyOperation.CREATE, key.id)
        location = ("location", f"{self._path}/{key.id}")
        return _answer(201, issued_view(key, text, self._now()), location, _NO_STORE)

    async def rotate(self, request: Request) -> Response:
        """POST on a key's rotation: 200 with the key, which is shown this once."""
        refuse_parameters(request.query)
        maker = _maker(request)
        has_body = request.headers.get("content-type") is not None
        body = await settled(self._body.read_json(request)) if has_body else b""
        overlap = timedelta(seconds=rotation(body).overlap_seconds)
        _demand_no_more(await self._visible(request), maker)
        self._report(request, KeyOperation.ROTATE, request.record_id)
        key, text = await self._administration.rotate(request.record_id, overlap)
        return _answer(200, issued_view(key, text, self._now()), _NO_STORE)

    async def revoke(self, request: Request) -> Response:
        """DELETE on a key: 204, also where it was revoked before; it stays listed for a while."""
        refuse_parameters(request.query)
        await self._visible(request)
        self._report(request, KeyOperation.REVOKE, request.record_id)
        await self._administration.revoke(request.record_id)
        return Response(204)

    async def _visible(self, request: Request) -> ApiKey:
        """The key that the path names; raises `NotFound` for another owner's, too."""
        key = await self._administration.get(request.record_id)
        if not _may_see(request, key):
            raise NotFound(request.record_id)
        return key

    def _report(self, request: Request, operation: KeyOperation, key_id: str) -> None:
        subject = request.subject or ""
        self._observe(
            KeyAdministered(operation, key_id, subject, request.client.address, request.request_id)
        )


def list_parameters(query: str) -> tuple[int, int]:
    """The limit and the offset that `query` asks for; raises `InvalidParameter`."""
    found = {LIMIT: DEFAULT_LIMIT, OFFSET: 0}
    bounds = {LIMIT: (1, MAX_LIMIT), OFFSET: (0, MAX_OFFSET)}
    given: set[str] = set()
    for name, value in pairs_of(query):
        if name not in bounds:
            raise unknown(name, (LIMIT, OFFSET))
        low, high = bounds[name]
        if name in given:
            raise InvalidParameter(name, "Must be given once")
        given.add(name)
        if not (value.isascii() and value.isdigit() and low <= int(value[:9]) <= high):
            raise InvalidParameter(name, f"{name.capitalize()} must be between {low} and {high}")
        found[name] = int(value)
    return found[LIMIT], found[OFFSET]


def _may_see(request: Request, key: ApiKey) -> bool:
    asker = request.identity or _NOBODY
    return asker.owner is None or key.owner == asker.owner


def _maker(request: Request) -> Identity:
    """Who asks for a secret; raises `Forbidden` for a key: it could make others that outlive it."""
    if request.headers.get("idempotency-key") is not None:
        raise InvalidParameter("Idempotency-Key", "Is not taken here: a key is told once, and kept nowhere")
    maker = request.identity
    if maker is None or maker.subject.startswith(KEY_SUBJECT_PREFIX):
        raise Forbidden
    return maker


def _demand_no_more(key_or_grant: ApiKey | Grant, maker: Identity) -> None:
    if exceeds(key_or_grant, maker) is not None:
        raise Forbidden


def _answer(status: int, body: object, *headers: tuple[str, str]) -> Response:
    return Response(status, msgspec.json.encode(body), headers=(JSON, *headers))
