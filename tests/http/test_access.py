"""Access rules over HTTP: a model of them says what has to come of every request, on every store."""

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from estuary.app import load_resources
from estuary.core.awaiting import settled
from estuary.core.ports import Store
from estuary.core.queries.query import ListQuery
from estuary.core.record import Record
from tests.http.stores import stored
from tests.support.access_model import ASKERS, HERS, HIS, OWNERS, Asker, Model, Reported
from tests.support.access_walk import IDS, Form, forms
from tests.support.access_world import MOMENT, World, masked, world
from tests.support.issuer import Issuer
from tests.support.ruled import DECLARATIONS, Note, reference, rules_of

LONG = os.environ.get("ESTUARY_TEST_SOAK") == "1"
SEED = random.SystemRandom().getrandbits(32)
WALKS = {"memory": 7, "cached+memory": 2, "sqlite": 2, "postgres": 1, "convex": 1}
"""How many steps of each sort a walk takes on each store."""
DECLARED = 6
"""How many declarations it takes them from."""
LONG_DECLARED = {"memory": 81, "cached+memory": 20, "sqlite": 12, "postgres": 6, "convex": 2}
"""How many the long run takes, of which it takes every step: on memory all there are."""
MOMENTS = {HERS: MOMENT, HIS: MOMENT + 1}


class Step(NamedTuple):
    """Requests that differ in their record alone, of one asker about one resource."""

    resource: str
    asker: Asker
    requests: tuple[Form, ...]


async def restore(store: Store, name: str) -> None:
    """Have the two records be as they were at first, and no other."""
    (resource,) = load_resources([reference(name)])
    collection = store.collection(resource)
    for record in (await settled(collection.list(ListQuery(100)))).records:
        await settled(collection.delete(record.id))
    for who, moment in MOMENTS.items():
        record = Record(IDS[who], 1, moment, moment, Note(title=who), OWNERS[who] or "")
        await settled(collection.insert(record))


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
    references = list(map(reference, names))
    async with (
        stored(kind, tmp_path, references) as store,
        world(tmp_path, issuer, store, references) as service,
    ):
        for name in names:
            await restore(service.store, name)
        for step in walked:
            model = Model(step.resource, step.asker, batches_are_open=batches_are_open)
            await walk(service, step, model)


async def walk(service: World, step: Step, model: Model) -> None:
    """Send the step's requests; raises where one is not answered as the model says."""
    refused: dict[Reported, Any] = {}
    for form in step.requests:
        reported = form.reported(model)
        answer, statements = await service.ask(step.asker, form)
        where = f"seed {SEED}: {rules_of(step.resource)}, {step.asker.name}: {form.label} of {form.target}"
        assert reported == seen(answer, form, reported), f"{where}: {answer.status_code} {answer.text}"
        if reported.status >= 400 and not reported.versioned:
            received = (masked(answer), statements)
            assert refused.setdefault(reported, received) == received, where
        changes = answer.status_code < 400 and form.method not in ("GET", "HEAD", "OPTIONS", "QUERY")
        if changes and not form.is_tried:
            await restore(service.store, step.resource)


def seen(answer: httpx.Response, form: Form, reported: Reported) -> Reported:
    """What an answer comes to, as the model has it; what an answer of its form cannot show, as `told`."""
    status, headers = answer.status_code, dict(answer.headers)
    body: Any = None if form.method == "HEAD" or not answer.content else answer.json()
    if form.path == "/api/v1/batch" and status == 200:
        (result,) = body["results"]
        status, headers, body = result["status"], result["headers"], result.get("body")
    versioned = "etag" in headers or (status == 412 and "etag" in answer.text)
    if status >= 400:
        return Reported(status, None, versioned)
    if body is None:
        if form.method == "HEAD":
            return reported._replace(status=status)
        if form.is_minimal and versioned and status == 204:
            return Reported(reported.status, reported.shown, versioned=True)
        return Reported(status, None, versioned)
    if "items" in body:
        titles = tuple(sorted(item["title"] for item in body["items"]))
        if "limit=1" in form.path and reported.shown is not None:
            assert (titles, body["total"]) == (reported.shown[:1], len(reported.shown))
            titles = reported.shown
        assert body.get("total") in (None, len(titles))
        return Reported(status, titles)
    if form.is_tried:
        assert not versioned
        versioned = reported.versioned
    return Reported(status, (body["title"],), versioned or "fields=" in form.path)
