"""A service whose resources have access rules, and those who ask it."""

import itertools
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from estuary.app import Service
from estuary.app.keys import key_administration
from estuary.core.api_keys.key_administration import Grant, KeyAdministration
from estuary.core.measurements import StoreQueried
from estuary.core.observations import Observation
from estuary.core.ports import Store
from estuary.telemetry.observers import Observers
from tests.support.access_model import ASKERS, Asker
from tests.support.access_walk import Form
from tests.support.asking_for_tokens import SCOPES, asking_for_tokens
from tests.support.issuer import Issuer
from tests.support.service import client_of, make_service

MOMENT = 1_764_000_000_000_000
"""When the first record was made."""
_varying = re.compile(r'"(?:timestamp|request_id)":"[^"]*"').sub


class World:
    """A service with some declarations; `store` is where its records are."""

    def __init__(
        self, service: Service, client: httpx.AsyncClient, credentials: Mapping[str, dict[str, str]]
    ) -> None:
        self._service = service
        self._client = client
        self._statements: list[tuple[str, str]] = []
        self._keys = map(str, itertools.count())
        self._headers = credentials
        observers = service.application.observe
        assert isinstance(observers, Observers)
        observers.subscribe(StoreQueried, self._note)

    @property
    def store(self) -> Store:
        """Where the records are."""
        return self._service.store

    async def ask(self, asker: Asker, form: Form) -> tuple[httpx.Response, list[tuple[str, str]]]:
        """The answer to a request, and what was asked of the store for it."""
        self._statements.clear()
        headers = {**form.headers, **self._headers[asker.name]}
        if "idempotency-key" in headers:
            headers["idempotency-key"] = next(self._keys)
        sent: dict[str, Any] = {} if form.json is None else {"json": form.json}
        if form.content is not None:
            sent, headers = {"content": form.content}, {"content-type": "application/json", **headers}
        answer = await self._client.request(form.method, form.path, headers=headers, **sent)
        return answer, list(self._statements)

    def _note(self, observation: Observation) -> None:
        assert isinstance(observation, StoreQueried)
        self._statements.append((observation.operation, observation.resource))


async def credentials(issuer: Issuer, keys: KeyAdministration, asker: Asker) -> dict[str, str]:
    """The header that carries the asker's token or key, if it has one."""
    claims = asker.claims
    if claims is None:
        return {}
    if asker.has_key:
        scopes, roles = tuple(claims["scope"].split()), tuple(claims["roles"])
        key, text = await keys.create(Grant(asker.name, scopes, roles, asker.owner), "")
        if not asker.holds:
            await keys.revoke(key.id)
        return {"authorization": f"Bearer {text}"}
    token = issuer.token(**claims)
    bad = not asker.holds and "exp" not in claims
    return {"authorization": f"Bearer {token[:-8] if bad else token}"}


@asynccontextmanager
async def world(
    folder: Path, issuer: Issuer, store: dict[str, str], references: Sequence[str]
) -> AsyncIterator[World]:
    """A service with these resources."""
    service = make_service(
        folder,
        **asking_for_tokens(issuer, RESOURCES=",".join(references), KEYS_ENABLED="true", **store),
    )
    async with client_of(service, resources=references, access=SCOPES) as client:
        keys = key_administration(service.store)
        carried = {asker.name: await credentials(issuer, keys, asker) for asker in ASKERS}
        yield World(service, client, carried)


def masked(answer: httpx.Response) -> tuple[int, dict[str, str], str]:
    """An answer without what differs from request to request."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, headers, _varying("", answer.text)
