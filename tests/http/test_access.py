"""Access rules over HTTP: a model of them says what has to come of every request, on every store."""

import itertools
import os
import random
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from estuary.app import Service, load_resources
from estuary.app.keys import key_administration
from estuary.core.api_keys.key_administration import Grant, KeyAdministration
from estuary.core.awaiting import settled
from estuary.core.measurements import StoreQueried
from estuary.core.observations import Observation
from estuary.core.queries.query import ListQuery
from estuary.core.record import Record
from estuary.http.scopes import Scopes
from estuary.telemetry.observers import Observers
from tests.http.stores import VARIABLES
from tests.support.access_model import ASKERS, HERS, HIS, OWNERS, READ, WRITE, Asker, Model, Told
from tests.support.access_walk import IDS, Form, forms
from tests.support.issuer import AUDIENCE, Issuer, issuing
from tests.support.ruled import DECLARATIONS, Note, reference, rules_of
from tests.support.servers.convex import convex_host
from tests.support.service import client_of, make_service

LONG = os.environ.get("ESTUARY_TEST_SOAK") == "1"
SEED = random.SystemRandom().getrandbits(32)
WALKS = {"memory": 7, "cached+memory": 2, "sqlite": 2, "postgres": 1, "convex": 1}
"""How many steps of each sort a walk takes on each store."""
DECLARED = 6
"""How many declarations it takes them from."""
LONG_DECLARED = {"memory": 81, "cached+memory": 20, "sqlite": 12, "postgres": 6, "convex": 2}
"""How many the long run takes, of which it takes every step: on memory all there are."""
_MOMENTS = {HERS: 1_764_000_000_000_000, HIS: 1_764_000_000_000_001}
_varying = re.compile(r'"(?:timestamp|request_id)":"[^"]*"').sub


class Step(NamedTuple):
    """Requests that differ in their record alone, of one asker about one resource."""

    resource: str
    asker: Asker
    requests: tuple[Form, ...]


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """An issuer that is up."""
    with issuing() as issuer:
        yield issuer


class World:
    """A service with some declarations, and two records of each."""

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

    async def restore(self, name: str) -> None:
        """Have the two records be as they were at first, and no other."""
        (resource,) = load_resources([reference(name)])
        collection = self._service.store.collection(resource)
        for record in (await settled(collection.list(ListQuery(100)))).records:
            await settled(collection.delete(record.id))
        for who, moment in _MOMENTS.items():
            record = Record(IDS[who], 1, moment, moment, Note(title=who), OWNERS[who] or "")
            await settled(collection.insert(record))

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
    folder: Path, issuer: Issuer, store: dict[str, str], names: Sequence[str]
) -> AsyncIterator[World]:
    """A service with the resources of these names."""
    references = [reference(name) for name in names]
    service = make_service(
        folder,
        **store,
        RESOURCES=",".join(references),
        AUTH_ENABLED="true",
        KEYS_ENABLED="true",
        AUTH_ISSUER=issuer.url,
        AUTH_AUDIENCE=AUDIENCE,
        AUTH_OWNER_CLAIM="tenant",
        AUTH_ROLES_CLAIM="roles",
        AUTH_READ_SCOPE=READ,
        AUTH_WRITE_SCOPE=WRITE,
        RATE_LIMIT_ENABLED="false",
        AUTH_FAILURE_LIMIT="0",
    )
    async with client_of(service, resources=references, access=Scopes(READ, WRITE)) as client:
        keys = key_administration(service.store)
        carried = {asker.name: await credentials(issuer, keys, asker) for asker in ASKERS}
        yield World(service, client, carried)


@asynccontextmanager
async def stored(kind: str, folder: Path, names: Sequence[str]) -> AsyncIterator[dict[str, str]]:
    """The variables of a store for these resources: Convex is deployed for them, the others take any."""
    if kind != "convex":
        yield VARIABLES[kind](folder)
        return
    with convex_host(load_resources(list(map(reference, names)))) as host:
        yield host.deployment(folder).variables


def steps(names: Sequence[str]) -> Iterator[Step]:
    """Every step about the resources of these names."""
    for name in names:
        by_label: dict[str, list[Form]] = {}
        for form in forms(name):
            by_label.setdefault(form.label, []).append(form)
        for asker in ASKERS:
            for alike in by_label.values():
                yield Step(name, asker, tuple(alike))


@pytest.mark.parametrize("kind", WALKS)
async def test_what_happens_is_what_the_model_says(tmp_path: Path, issuer: Issuer, kind: str) -> None:
    """And what a refused asker receives is the same whether its record exists or not.

    That is status, header fields and body, from the same statements. `SEED` says which way was walked.
    """
    chance = random.Random(f"{SEED} {kind}")  # noqa: S311 - it chooses what is tested
    names = chance.sample(DECLARATIONS, LONG_DECLARED[kind] if LONG else DECLARED)
    by_label: dict[str, list[Step]] = {}
    for step in steps(names):
        by_label.setdefault(step.requests[0].label, []).append(step)
    walked = [
        step
        for alike in by_label.values()
        for step in (alike if LONG else chance.sample(alike, WALKS[kind]))
    ]
    batches_are_open = any(("PUBLIC",) in rules_of(name)[1:] for name in names)
    async with stored(kind, tmp_path, names) as store, world(tmp_path, issuer, store, names) as service:
        for name in names:
            await service.restore(name)
        for step in walked:
            model = Model(step.resource, step.asker, batches_are_open=batches_are_open)
            await walk(service, step, model)


async def walk(service: World, step: Step, model: Model) -> None:
    """Send the step's requests; raises where one is not answered as the model says."""
    refused: dict[Told, Any] = {}
    for form in step.requests:
        told = form.told(model)
        answer, statements = await service.ask(step.asker, form)
        where = f"seed {SEED}: {rules_of(step.resource)}, {step.asker.name}: {form.label} of {form.target}"
        assert told == seen(answer, form, told), f"{where}: {answer.status_code} {answer.text}"
        if told.status >= 400 and not told.versioned:
            received = (masked(answer), statements)
            assert refused.setdefault(told, received) == received, where
        changes = answer.status_code < 400 and form.method not in ("GET", "HEAD", "OPTIONS", "QUERY")
        if changes and not form.is_tried:
            await service.restore(step.resource)


def seen(answer: httpx.Response, form: Form, told: Told) -> Told:
    """What an answer comes to, as the model has it; what an answer of its form cannot show, as `told`."""
    status, headers = answer.status_code, dict(answer.headers)
    body: Any = None if form.method == "HEAD" or not answer.content else answer.json()
    if form.path == "/api/v1/batch" and status == 200:
        (result,) = body["results"]
        status, headers, body = result["status"], result["headers"], result.get("body")
    versioned = "etag" in headers or (status == 412 and "etag" in answer.text)
    if status >= 400:
        return Told(status, None, versioned)
    if body is None:
        if form.method == "HEAD":
            return told._replace(status=status)
        if form.is_minimal and versioned and status == 204:
            return Told(told.status, told.shown, versioned=True)
        return Told(status, None, versioned)
    if "items" in body:
        titles = tuple(sorted(item["title"] for item in body["items"]))
        if "limit=1" in form.path and told.shown is not None:
            assert (titles, body["total"]) == (told.shown[:1], len(told.shown))
            titles = told.shown
        assert body.get("total") in (None, len(titles))
        return Told(status, titles)
    if form.is_tried:
        assert not versioned
        versioned = told.versioned
    return Told(status, (body["title"],), versioned or "fields=" in form.path)


def masked(answer: httpx.Response) -> tuple[int, dict[str, str], str]:
    """An answer without what differs from request to request."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, headers, _varying("", answer.text)
