"""Two owners with tokens of their own, on every store: to each it is as if the other were not there.

Bob holds one conversation twice: in a service of his own, and in one where Alice is busy before
each of his steps. His answers must be the same to the byte, but for ids and times. The same where Alice and
Bob are two tenants, for both of which one subject acts.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from estuary.app.exports import export
from estuary.config.environment import load_from
from estuary.http.scopes import Scopes
from tests.http.stores import VARIABLES
from tests.support.issuer import AUDIENCE, Issuer, issuing
from tests.support.service import client_of, make_service
from tests.support.transcript import Step, Transcript

ITEMS = "/api/v1/items"
HERS = f"{ITEMS}/{{hers}}"
MISSING = "00000000-0000-7000-8000-000000000000"
STORES = [name for name in VARIABLES if name != "observed-memory"]
LASTING = [name for name in STORES if not name.endswith("memory") or name.startswith("redis")]
CONDITIONS: tuple[dict[str, str], ...] = (
    {},
    {"if-match": '"1"'},
    {"if-match": "*"},
    {"if-none-match": '"1"'},
    {"if-none-match": "*"},
    {"idempotency-key": "k2"},
    {"idempotency-key": "new", "if-match": "*"},
)


def _lists() -> list[Step]:
    queries = ("", "?limit=1", "?limit=1&offset=1", "?offset=9", "?cursor=", "?cursor=&limit=1")
    asked = [Step("GET", f"{ITEMS}{query}") for query in queries]
    again = Step("GET", f"{ITEMS}?cursor={{cursor}}&limit=1")
    return [
        *asked,
        again,
        again,
        Step("GET", ITEMS),
        Step("GET", ITEMS, headers={"if-none-match": "{tag}"}),
    ]


CONVERSATION = (
    *_lists(),
    Step("POST", ITEMS, {"name": "boat"}),
    Step("POST", ITEMS, {"name": "ship"}, {"idempotency-key": "k1"}),
    Step("POST", ITEMS, {"name": "ship"}, {"idempotency-key": "k1"}),
    Step("POST", ITEMS, {"name": "other"}, {"idempotency-key": "k1"}),
    Step("POST", ITEMS, {"name": "raft"}),
    *_lists(),
    *(
        Step(method, HERS, {"name": "taken"} if method in ("PUT", "PATCH") else None, condition)
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE")
        for condition in CONDITIONS
        # That an id is taken is disclosed, and no more: see test_put_create.py.
        if (method, condition) != ("PUT", {"if-none-match": "*"})
    ),
    *(
        Step(method, f"{HERS}?validate_only=true", {"name": "taken"} if method != "DELETE" else None)
        for method in ("PUT", "PATCH", "DELETE")
    ),
    Step("POST", HERS),
    Step("OPTIONS", HERS),
    *(Step(method, "/api/items/{hers}") for method in ("GET", "HEAD", "PUT", "DELETE")),
    Step("GET", "/api/items"),
    Step("POST", "/api/items"),
    Step("PUT", f"{ITEMS}/{{1}}", {"name": "canoe"}, {"if-match": '"1"', "idempotency-key": "k2"}),
    Step("PUT", f"{ITEMS}/{{1}}", {"name": "canoe"}, {"if-match": '"1"', "idempotency-key": "k2"}),
    Step("PUT", f"{ITEMS}/{{1}}", {"name": "kayak"}, {"if-match": '"1"'}),
    Step("GET", f"{ITEMS}/{{1}}"),
    Step("GET", f"{ITEMS}/{{1}}", headers={"if-none-match": "{tag}"}),
    Step("DELETE", f"{ITEMS}/{{2}}", headers={"idempotency-key": "k3"}),
    Step("DELETE", f"{ITEMS}/{{2}}", headers={"idempotency-key": "k3"}),
    *_lists(),
)


class World(NamedTuple):
    """A service with its own store, and how a subject of its issuer speaks to it."""

    client: httpx.AsyncClient
    issuer: Issuer
    owner_claim: str

    def headers(self, owner: str) -> dict[str, str]:
        """What says that it is for `owner` who asks."""
        claims: dict[str, Any] = {"sub": "carol", self.owner_claim: owner}
        return {"authorization": f"Bearer {self.issuer.token(**claims)}"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that is up."""
    with issuing() as issuer:
        yield issuer


def variables(issuer: Issuer, store: dict[str, str], owner_claim: str = "sub") -> dict[str, str]:
    """A service whose records belong to their subjects, or to whom the claim names."""
    return {
        "AUTH_ENABLED": "true",
        "AUTH_ISSUER": issuer.url,
        "AUTH_AUDIENCE": AUDIENCE,
        "AUTH_OWNER_CLAIM": owner_claim,
        "RATE_LIMIT_ENABLED": "false",
        **store,
    }


@asynccontextmanager
async def world(
    folder: Path, issuer: Issuer, store: dict[str, str], owner_claim: str = "sub"
) -> AsyncIterator[World]:
    """A fresh service in `folder`."""
    service = make_service(folder, **variables(issuer, store, owner_claim))
    async with client_of(service, access=Scopes("{resource}:read", "{resource}:write")) as client:
        yield World(client, issuer, owner_claim)


class Alice:
    """Has records of her own, uses the keys that Bob uses, and changes something at each of her turns."""

    def __init__(self, world: World) -> None:
        self._client = world.client
        self._headers = world.headers("alice")
        self._turns = 0
        self.id = ""

    async def settle(self) -> None:
        """Make what she has before Bob comes: each of his keys is taken, by her."""
        self.id = (await self._ask("POST", ITEMS, {"name": "alice's"}, key="k1")).json()["id"]
        gone = (await self._ask("POST", ITEMS, {"name": "alice's, deleted"})).json()["id"]
        await self._ask("PUT", f"{ITEMS}/{self.id}", {"name": "alice's own"}, key="k2")
        await self._ask("DELETE", f"{ITEMS}/{gone}", key="k3")

    async def act(self) -> None:
        """Take a turn: another record, another version, lists; of every three of her records, one goes."""
        self._turns += 1
        made = await self._ask("POST", ITEMS, {"name": f"alice's {self._turns}"})
        await self._ask("PUT", f"{ITEMS}/{self.id}", {"description": f"turn {self._turns}"})
        if self._turns % 3 == 0:
            await self._ask("DELETE", made.headers["location"])
        await self._ask("GET", f"{ITEMS}?cursor=&limit=1")

    async def check(self) -> None:
        """Her records are unchanged, and the list holds hers alone."""
        body = (await self._ask("GET", f"{ITEMS}?limit=100")).json()
        kept = ["alice's own"] + [f"alice's {n}" for n in range(1, self._turns + 1) if n % 3]
        assert (kept, len(kept)) == ([item["name"] for item in body["items"]], body["total"])
        own = await self._ask("GET", f"{ITEMS}/{self.id}")
        assert (f'"{self._turns + 2}"', f"turn {self._turns}") == (
            own.headers["etag"],
            own.json()["description"],
        )

    async def _ask(self, method: str, path: str, body: Any = None, *, key: str = "") -> httpx.Response:
        headers = {**self._headers, **({"idempotency-key": key} if key else {})}
        answer = await self._client.request(method, path, json=body, headers=headers)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer


async def conversation(world: World, alice: Alice | None) -> list[tuple[Step, list[bytes]]]:
    """Bob's steps with the lines of his answers; Alice, if she is there, takes her turns between them."""
    bob = Transcript(world.client, world.headers("bob"))
    if alice is not None:
        await alice.settle()
    reported = []
    for step in CONVERSATION:
        if alice is not None:
            await alice.act()
        path = step.path.replace("{hers}", MISSING if alice is None else alice.id)
        reported.append((step, await bob.ask(step._replace(path=path))))
    return reported


@pytest.mark.parametrize("claim", ["sub", "tenant"])
@pytest.mark.parametrize("store", STORES)
async def test_it_is_as_if_the_other_were_not_there(
    tmp_path_factory: pytest.TempPathFactory, issuer: Issuer, store: str, claim: str
) -> None:
    """Reads, writes, lists, totals, ETags, cursors, keys, redirects, errors: none discloses the other."""
    there, here = (tmp_path_factory.mktemp(name) for name in ("alone", "beside"))
    async with world(there, issuer, VARIABLES[store](there), claim) as alone:
        expected = await conversation(alone, None)
    async with world(here, issuer, VARIABLES[store](here), claim) as beside:
        alice = Alice(beside)
        actual = await conversation(beside, alice)
        await alice.check()
    for (step, answer), (_, other) in zip(expected, actual, strict=True):
        assert answer == other, step
    statuses = {lines[0] for _, lines in expected}
    assert {b"200", b"201", b"204", b"304", b"308", b"404", b"405", b"412", b"422"} <= statuses


@pytest.mark.parametrize("store", LASTING)
async def test_an_export_holds_what_is_the_owners(tmp_path: Path, issuer: Issuer, store: str) -> None:
    """Of one owner, that owner's records alone; of everything, each record with its owner."""
    chosen = VARIABLES[store](tmp_path)
    async with world(tmp_path, issuer, chosen) as beside:
        for subject in ("alice", "bob", "alice"):
            body = {"name": f"{subject}'s"}
            await beside.client.post(ITEMS, json=body, headers=beside.headers(subject))
    settings = load_from(variables(issuer, chosen), directory=tmp_path).settings
    reported = {}
    for owner in ("alice", "bob", "carol", None):
        file = BytesIO()
        exported = await export(settings, file, lambda *_: None, owner=owner)
        lines = [msgspec.json.decode(line) for line in file.getvalue().splitlines()]
        assert exported.records == len(lines)
        reported[owner] = sorted((line["owner"], line["value"]["name"]) for line in lines)
    hers, his = [("alice", "alice's")] * 2, [("bob", "bob's")]
    assert {"alice": hers, "bob": his, "carol": [], None: hers + his} == reported
